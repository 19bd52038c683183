// The application behind the proxies: answers everything with five bytes, over HTTP/1 and HTTP/2 without TLS.
import { createServer } from 'node:http';
import { createServer as createServer2 } from 'node:http2';

const http1 = createServer((_request, response) => response.end('hello'));
const http2 = createServer2((_request, response) => response.end('hello'));
const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
process.send({ http1: await listening(http1), http2: await listening(http2) });
process.once('disconnect', () => process.exit());
