import type { OutboundPort } from '@doorward/proxy';
import { parseHostPort } from '@doorward/telemetry/host-port';

/** `LISTEN=HOST:PORT,identity=SERVERNAME`; `undefined` when it is something else. */
export function parseOutbound(text: string): OutboundPort | undefined {
  const match = /^([^=,]+)=([^=,]+),identity=([^=,]+)$/.exec(text.trim());
  const listen = parseHostPort(match?.[1] ?? '');
  const target = parseHostPort(match?.[2] ?? '');
  const serverName = match?.[3]?.trim();
  return listen === undefined || target === undefined || serverName === undefined
    ? undefined
    : { listen, target, serverName };
}
