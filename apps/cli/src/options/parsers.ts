/** Readers of option values. Each throws commander's InvalidArgumentError with a sentence that says what is expected. */
import {
  defaultPolicyNames,
  isDefaultPolicyName,
  parseNetwork,
  type DefaultPolicyName,
  type IpNetwork,
} from '@doorward/core';
import type { OutboundPort } from '@doorward/proxy';
import { parseHostPort, type HostPort } from '@doorward/telemetry/host-port';
import { logLevels, type LogLevel } from '@doorward/telemetry/levels';
import { InvalidArgumentError } from 'commander';
import { parseOutbound } from './outbound.js';

export function hostPort(text: string): HostPort {
  const parsed = parseHostPort(text);
  if (parsed === undefined) throw new InvalidArgumentError('expected HOST:PORT, such as 127.0.0.1:8090');
  return parsed;
}

/** `LISTEN=APP`, repeatable. */
export function inbound(
  text: string,
  before: readonly { listen: HostPort; app: HostPort }[] = [],
): readonly { listen: HostPort; app: HostPort }[] {
  const [listen, app, ...rest] = text.split('=').map((part) => parseHostPort(part));
  if (listen === undefined || app === undefined || rest.length > 0) {
    throw new InvalidArgumentError('expected LISTEN=APP, such as 127.0.1.1:8080=127.0.0.1:18080');
  }
  return [...before, { listen, app }];
}

/** `LISTEN=HOST:PORT,identity=SERVERNAME`, repeatable. */
export function outbound(text: string, before: readonly OutboundPort[] = []): readonly OutboundPort[] {
  const parsed = parseOutbound(text);
  if (parsed === undefined) {
    throw new InvalidArgumentError(
      'expected LISTEN=HOST:PORT,identity=SERVERNAME, such as 127.0.0.1:19080=127.0.1.2:8080,identity=emoji.example',
    );
  }
  return [...before, parsed];
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Linkerd's grammar (docs/spec/data-plane.md §1.1): digits and a unit; a bare `0` is zero. In milliseconds. */
export function durationMs(text: string): number {
  const match = /^ *([0-9]{1,9})(ms|s|m|h|d)? *$/.exec(text);
  const unit = unitsMs[match?.[2] ?? ''];
  const count = Number(match?.[1]);
  if (match !== null && unit !== undefined) return count * unit;
  if (count === 0) return 0;
  throw new InvalidArgumentError('expected a whole number with a unit: 500ms, 10s, 5m, 24h, 10d');
}

export function defaultPolicy(text: string): DefaultPolicyName {
  if (isDefaultPolicyName(text)) return text;
  throw new InvalidArgumentError(`expected one of ${defaultPolicyNames.join(', ')}`);
}

export function networks(text: string): readonly IpNetwork[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const network = part.includes('/') ? parseNetwork(part) : undefined;
      if (network === undefined)
        throw new InvalidArgumentError(`\`${part}\` is no network; expected CIDRs such as 10.0.0.0/8,fd00::/8`);
      return network;
    });
}

export function logLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new InvalidArgumentError(`expected one of ${logLevels.join(', ')}`);
  return level;
}

export function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number of at least 1');
  return Number(text);
}
