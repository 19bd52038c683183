/** Reading and writing addresses: for who starts a proxy without being one. */
export { formatHostPort, parseHostPort } from './inbound/inbound-port.js';
export type { HostPort } from './inbound/inbound-port.js';
export type { OutboundPort } from './outbound/outbound-port.js';
