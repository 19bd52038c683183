// A load of HTTP/1 requests on kept-alive connections, plain or over mutual TLS: each connection asks again as soon as it is answered.
// A process of its own, so that what it costs is not mistaken for the proxy's.
//
//   node load.mjs '{"host":…,"port":…,"connections":…,"seconds":…,"tls"?:{"cert":…,"key":…,"ca":…,"servername":…}}'
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const { host, port, connections, seconds, tls } = JSON.parse(process.argv[2]);
const request = Buffer.from(
  `GET /shop/items?page=2 HTTP/1.1\r\nhost: shop.example\r\naccept: */*\r\nuser-agent: bench\r\n\r\n`,
);
const until = performance.now() + seconds * 1_000;
let answered = 0;
let refused = 0;
let open = connections;

function run() {
  const socket = tls
    ? connectTls({
        host,
        port,
        servername: tls.servername,
        cert: readFileSync(tls.cert),
        key: readFileSync(tls.key),
        ca: readFileSync(tls.ca),
        checkServerIdentity: () => undefined,
      })
    : connect({ host, port, noDelay: true });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = Number(/content-length: ([0-9]+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    if (text.startsWith('HTTP/1.1 200')) answered += 1;
    else refused += 1;
    text = '';
    if (performance.now() < until) socket.write(request);
    else socket.end();
  });
  socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(request));
  socket.once('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  socket.once('close', () => {
    open -= 1;
    if (open === 0) console.log(JSON.stringify({ answered, refused }));
  });
}

for (let connection = 0; connection < connections; connection++) run();
