import type { PolicyCell } from '../policy/policy-cell.js';

/** One listener of the proxy and the application behind it. */
export interface InboundPort {
  readonly listen: HostPort;
  readonly app: HostPort;
  /** The number whose policy applies: the listener's, or the original destination's. */
  readonly policyPort: number;
  readonly policy: PolicyCell;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `127.0.0.1:8080`, `[::1]:8080` or `name:8080`; `undefined` when it is none. Port 0 is allowed: the system picks one. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
