/** `doorward why` as a person runs it in a folder, with what it prints. */
import { Command, CommanderError } from 'commander';
import { registerWhy } from '../../commands/why.js';

export interface Answer {
  readonly out: string;
  readonly err: string;
  /** `undefined` when it could not run. */
  readonly code: number | undefined;
  /** What stopped it. */
  readonly failure: string | undefined;
}

/** `line` is split at blanks; a blank in an argument is written `␣`. */
export async function ask(directory: string, line: string): Promise<Answer> {
  let out = '';
  let err = '';
  let code: number | undefined;
  const plain = (text: string): string => text;
  const program = new Command('doorward').exitOverride();
  registerWhy(program, async () => ({
    out: (text) => (out += text),
    err: (text) => (err += text),
    exit: (status) => (code = status),
    colors: { bold: plain, dim: plain, red: plain, green: plain, yellow: plain },
    errColors: false,
    directory,
  }));
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: (text) => (err += text) });
  const args = line.split(' ').map((arg) => arg.replaceAll('␣', ' '));
  const files = args.includes('-f') ? [] : ['-f', directory];
  try {
    await program.parseAsync(['why', ...args, ...files], { from: 'user' });
    return { out, err, code, failure: undefined };
  } catch (error) {
    const failure =
      error instanceof CommanderError ? `usage: ${error.code}` : error instanceof Error ? error.message : String(error);
    return { out, err, code, failure };
  }
}
