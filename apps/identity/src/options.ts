import { parseHostPort, type HostPort } from '@doorward/telemetry/host-port';

export interface IdentityOptions {
  /** Where the CA lives; made if it isn't there. */
  readonly stateDir: string;
  readonly listen: HostPort;
  /** Of a new CA. Linkerd: `identity-trust-domain` */
  readonly trustDomain: string;
  /** How long a certificate is valid; proxies renew after 70 % of it. Linkerd: `identity-issuance-lifetime` */
  readonly certLifetimeSec: number;
  /** How far the clocks of two machines may differ. Linkerd: `identity-clock-skew-allowance` */
  readonly clockSkewSec: number;
}

/** docs/spec/data-plane.md §8.1 has the two times. Loopback, because tokens travel in the clear. */
export const identityDefaults = {
  stateDir: '.doorward',
  listen: { host: '127.0.0.1', port: 8081 },
  trustDomain: 'cluster.local',
  certLifetimeSec: 24 * 60 * 60,
  clockSkewSec: 10,
} as const satisfies IdentityOptions;

/** Options as a person writes them; what is absent has its default. */
export interface IdentityFlags {
  readonly state?: string;
  /** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` for loopback. */
  readonly listen?: string;
  readonly trustDomain?: string;
  /** `24h`, `90m`, `300s` */
  readonly certLifetime?: string;
  readonly clockSkew?: string;
}

export type ParsedIdentityOptions =
  | { readonly kind: 'ok'; readonly options: IdentityOptions }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Read the flags; all problems at once, each a sentence that names flag and value. */
export function parseIdentityOptions(flags: IdentityFlags): ParsedIdentityOptions {
  const problems: string[] = [];
  const read = <T>(
    flag: string,
    text: string | undefined,
    fallback: T,
    parse: (text: string) => T | undefined,
    form: string,
  ): T => {
    if (text === undefined) return fallback;
    const value = parse(text);
    if (value === undefined) problems.push(`\`${flag} ${text}\` is not ${form}`);
    return value ?? fallback;
  };
  const options: IdentityOptions = {
    stateDir: read('--state', flags.state, identityDefaults.stateDir, (text) => text || undefined, 'a folder'),
    listen: read<HostPort>(
      '--listen',
      flags.listen,
      identityDefaults.listen,
      (text) => parseHostPort(text, identityDefaults.listen.host),
      'HOST:PORT',
    ),
    trustDomain: read(
      '--trust-domain',
      flags.trustDomain,
      identityDefaults.trustDomain,
      parseDomain,
      'a domain such as `cluster.local`',
    ),
    // Below a minute a proxy would do nothing but renew: it waits at least 10 s between two attempts.
    certLifetimeSec: read(
      '--cert-lifetime',
      flags.certLifetime,
      identityDefaults.certLifetimeSec,
      (text) => atLeast(60, parseDurationSec(text)),
      'a duration of at least a minute, such as `24h`',
    ),
    clockSkewSec: read(
      '--clock-skew',
      flags.clockSkew,
      identityDefaults.clockSkewSec,
      parseDurationSec,
      'a duration such as `10s`',
    ),
  };
  return problems.length === 0 ? { kind: 'ok', options } : { kind: 'problems', problems };
}

function parseDomain(text: string): string | undefined {
  return /^[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?$/.test(text) ? text : undefined;
}

const unitSec: Readonly<Record<string, number>> = { s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

function parseDurationSec(text: string): number | undefined {
  const match = /^([0-9]{1,6})([smhd])$/.exec(text);
  const unit = unitSec[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function atLeast(least: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= least ? value : undefined;
}
