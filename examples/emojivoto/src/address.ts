/** A TCP address. `host` is an IP address or a name, without brackets. */
export interface Address {
  readonly host: string;
  /** 0…65535; 0 asks the system for a free one and only makes sense to listen on. */
  readonly port: number;
}

/** What a person wrote wrongly; the message says which setting, what stood there and what is expected. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Reads `127.0.0.1:18080` or `[::1]:18080`. Throws a SettingError which names `setting`, where the value came from. */
export function parseAddress(text: string, setting: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw new SettingError(`\`${setting}\` is \`${text}\`; expected HOST:PORT, for instance \`127.0.0.1:18080\``);
  }
  return { host, port };
}

/** The inverse of parseAddress. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
