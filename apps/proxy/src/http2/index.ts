/**
 * The splice for HTTP/2: knows frames, streams and both windows of one client connection, and asks the session about each request. Knows
 * no policy, listener or certificate; apps/proxy/src/inbound calls it once it has seen the preface.
 */
export { spliceHttp2 } from './splice.js';
