export type { Session } from './inbound/session.js';
