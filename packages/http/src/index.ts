export * from './http1/index.js';
export * from './http2/index.js';
