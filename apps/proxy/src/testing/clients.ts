/** Clients of a proxy: plain and mesh sockets, and HTTP/1 and HTTP/2 over either. */
import { meshSecureContext, verifyServer, type Credentials } from '@doorward/mtls';
import { once } from 'node:events';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { web, type TestMesh } from './test-mesh.js';

export async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Mesh TLS under an identity, or without a certificate. TLS 1.3 is done before the server has judged the certificate. */
export async function dialMesh(
  port: number,
  mesh: TestMesh,
  credentials?: Credentials,
  servername = web,
): Promise<TLSSocket> {
  const options: ConnectionOptions & { allowHalfOpen: boolean } = {
    host: '127.0.0.1',
    port,
    servername,
    ca: mesh.trustAnchorsPem,
    checkServerIdentity: verifyServer(web),
    allowHalfOpen: true,
  };
  if (credentials !== undefined) options.secureContext = meshSecureContext(credentials, mesh.trustAnchorsPem);
  const socket = connectTls(options);
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

/** What comes first, as latin-1 text: at least `length` bytes, or fewer when the connection ends. Nothing at all is the empty text. */
export async function firstAnswer(socket: Socket, length = 1): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off('data', data);
      socket.off('end', finish);
      socket.off('close', finish);
      socket.pause();
      resolve(text);
    };
    const data = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (text.length >= length) finish();
    };
    socket.on('data', data);
    socket.once('end', finish);
    socket.once('close', finish);
    socket.resume();
    if (socket.destroyed || socket.readableEnded) finish();
  });
}

/** Everything until the connection ends or breaks. */
export async function everything(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.resume();
  await ended(socket);
  return text;
}

/** The other side has ended the connection, in good order or not. */
export async function ended(socket: Socket): Promise<void> {
  if (socket.destroyed || socket.readableEnded) return;
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Http2Headers;
  readonly body: string;
}

class SocketAgent extends Agent {
  constructor(private readonly socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  createConnection(): Socket {
    return this.socket;
  }
}

/** HTTP/1 over one socket, which is kept open. */
export class Http1Client {
  readonly #agent: Agent;

  constructor(readonly socket: Socket) {
    socket.allowHalfOpen = false;
    this.#agent = new SocketAgent(socket);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, path, headers: { host: 'web.test', ...headers } }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
    this.socket.destroy();
  }
}

/** HTTP/2 over one socket. */
export class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(socket: Socket) {
    this.session = connectHttp2('http://web.test', { createConnection: () => socket });
    this.session.on('error', () => {});
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({ ':path': path, ...headers });
      let reply: Http2Headers = {};
      let body = '';
      stream.on('response', (got) => {
        reply = got;
      });
      stream.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      stream.on('error', reject);
      stream.on('close', () => resolve({ status: Number(reply[':status'] ?? 0), headers: reply, body }));
      stream.end();
    });
  }

  close(): void {
    this.session.destroy();
  }
}

/** The bytes with which a real TLS client begins. */
export async function clientHello(servername: string | undefined, alpn: string[] = []): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connectTls({
    host: '127.0.0.1',
    port: address.port,
    ALPNProtocols: alpn,
    ...(servername === undefined ? {} : { servername }),
  });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}
