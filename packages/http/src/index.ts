/**
 * HTTP on bytes: strict HTTP/1 heads and body framing, HTTP/2 frames, HPACK and the header rules of RFC 9113. It reads and writes
 * buffers and knows neither sockets nor policy; the proxy's splices call it.
 */
export * from './http1/index.js';
export * from './http2/index.js';
