// What a proxy costs that is made of node:http and node:http2: the plainest thing one could write, without any policy.
import { Agent, createServer, request } from 'node:http';
import { connect, createServer as createServer2 } from 'node:http2';

const { http1, http2 } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: true });
const proxy1 = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const forwarded = request({ host: '127.0.0.1', port: http1, agent, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  forwarded.on('error', () => outgoing.destroy());
  incoming.pipe(forwarded);
});
const session = connect(`http://127.0.0.1:${http2}`);
const proxy2 = createServer2();
proxy2.on('stream', (incoming, headers) => {
  const forwarded = session.request(headers);
  forwarded.once('response', (answer) => incoming.destroyed || incoming.respond(answer));
  for (const stream of [incoming, forwarded]) stream.on('error', () => {});
  incoming.pipe(forwarded);
  forwarded.pipe(incoming);
});
const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
process.send({ http1: await listening(proxy1), http2: await listening(proxy2) });
process.once('disconnect', () => process.exit());
