/**
 * HTTP/1 between a client and the application: each request is decided, and the bytes of those that are permitted are passed on
 * as they came. Knows framing and connection handling; who may do what is behind the session.
 */
export { spliceHttp1 } from './splice.js';
