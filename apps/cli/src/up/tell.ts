/** What a person has to know of the processes behind `doorward up`. */
import type { ChildEvent, ChildExit } from './child.js';
import type { View } from './view.js';

/** Of a part's own log: what went wrong, and what is well again. */
export function tellEvent(name: string, { level, event, message }: ChildEvent, view: View): void {
  if (level === 'error') view.notice('error', `${name}: ${message}`);
  else if (level === 'warn') view.notice('warn', `${name}: ${message}`);
  else if (event === 'controller.recovered' || event === 'app.reachable') view.notice('info', `${name}: ${message}`);
}

/** A line that is no log event; mostly the stack of a crash. */
export function tellStray(name: string, line: string, view: View): void {
  // The command's own last words came as the event `fatal` already.
  if (!line.startsWith('doorward: ')) view.notice('error', `${name}: ${line}`);
}

export function tellExit(name: string, { code, signal }: ChildExit, retryMs: number, view: View): void {
  const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
  view.notice('error', `${name} ${how}; starting it again in ${retryMs} ms`);
}
