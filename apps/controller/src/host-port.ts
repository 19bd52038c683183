/** An address to listen on. */
export interface HostPort {
  readonly host: string;
  /** 0: the system picks one. */
  readonly port: number;
}

/** `127.0.0.1:8090`, `[::1]:8090`, `name:8090`, or `:8090` for the default host; `undefined` when it is none of these. */
export function parseHostPort(text: string, defaultHost: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]*)):([0-9]{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? defaultHost : host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
