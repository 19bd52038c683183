import { z } from 'zod';

/** As the API server understands durations; what conversion reads is {@link parseGoDurationSec}. */
export const durationSchema = z.string().meta({ crd: { format: 'duration' } });

/** Seconds of a unit of Go's `time.Duration`. */
const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const goPart = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Parse a Go duration such as `1h30m` or `-1.5s`, in seconds; undefined when it is none (docs/spec/control-plane.md §2.1). */
export function parseGoDurationSec(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[-+]/, '');
  if (body === '0') return 0;
  if (body === '') return undefined;
  let seconds = 0;
  goPart.lastIndex = 0;
  while (goPart.lastIndex < body.length) {
    const match = goPart.exec(body);
    if (!match) return undefined;
    seconds += Number(match[1]) * (goUnits[match[2] ?? ''] ?? 0);
  }
  return sign * seconds;
}

/** Why the value of a `timeout.linkerd.io/` annotation is no duration, in Linkerd's words; undefined when it is one. */
export function annotationDurationFault(text: string): string | undefined {
  const value = text.trim();
  if (value.startsWith('-')) return `duration value cannot be negative: '${value}'`;
  if (value.includes('.')) return 'fractional values not supported';
  const match = /^(\d+)(.*)$/s.exec(value);
  if (!match) return `'${value}' is not a duration`;
  const [, magnitude = '', unit = ''] = match;
  if (unit === '')
    return Number(magnitude) === 0 ? undefined : `missing duration unit; did you mean '${value}s' or '${value}ms'?`;
  return ['ms', 's', 'm', 'h', 'd'].includes(unit)
    ? undefined
    : `invalid duration unit ${unit} (expected one of 'ms', 's', 'm', 'h', or 'd')`;
}
