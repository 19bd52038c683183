/** Where a process listens, or where it finds another. */
export interface HostPort {
  readonly host: string;
  /** To listen on, 0: the system picks one. */
  readonly port: number;
}

/**
 * `127.0.0.1:8080`, `[::1]:8080` or `name:8080`, and `:8080` where there is a default host; `undefined` when it is none of these.
 */
export function parseHostPort(text: string, defaultHost?: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+))?:([0-9]{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2] ?? defaultHost;
  const port = Number(match?.[3]);
  return match === null || host === undefined || port > 65_535 ? undefined : { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
