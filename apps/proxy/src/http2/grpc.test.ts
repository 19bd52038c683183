import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from './testing.js';

const started = new Started();
afterEach(() => started.end());

const bytes = {
  requestSerialize: (value: Buffer): Buffer => value,
  requestDeserialize: (value: Buffer): Buffer => value,
  responseSerialize: (value: Buffer): Buffer => value,
  responseDeserialize: (value: Buffer): Buffer => value,
};

const methodsOf = (service: string) =>
  ({
    unary: { path: `/${service}/Unary`, requestStream: false, responseStream: false, ...bytes },
    count: { path: `/${service}/Count`, requestStream: false, responseStream: true, ...bytes },
    chat: { path: `/${service}/Chat`, requestStream: true, responseStream: true, ...bytes },
  }) satisfies grpc.ServiceDefinition;

const sizes = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

const startApp = async (): Promise<{ port: number; claimed: grpc.MetadataValue[] }> => {
  const server = new grpc.Server(sizes);
  const claimed: grpc.MetadataValue[] = [];
  server.addService(methodsOf('test.Echo'), {
    unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) => {
      claimed.push(...call.metadata.get('l5d-client-id'));
      if (call.request.toString() === 'fail') callback({ code: grpc.status.ABORTED, details: 'as you wish' });
      else callback(null, call.request);
    },
    count: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      for (let index = 0; index < call.request.readUInt16BE(0); index++) call.write(Buffer.from(String(index)));
      call.end();
    },
    chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => call.write(message));
      call.on('end', () => call.end());
    },
  });
  started.add(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { port, claimed };
};

const clientOf = (port: number): grpc.Client => {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), sizes);
  started.add(() => client.close());
  return client;
};

/** The reply, or `code: details`. */
const unary = async (client: grpc.Client, service: string, message: Buffer): Promise<Buffer | string> =>
  new Promise((resolve) => {
    const { path } = methodsOf(service).unary;
    const metadata = new grpc.Metadata();
    metadata.set('l5d-client-id', 'admin.test');
    client.makeUnaryRequest(
      path,
      bytes.requestSerialize,
      bytes.responseDeserialize,
      message,
      metadata,
      (error, reply) => {
        resolve(error === null ? (reply ?? 'no reply') : `${error.code}: ${error.details}`);
      },
    );
  });

const collect = async (call: grpc.ClientReadableStream<Buffer>): Promise<{ messages: string[]; code: number }> =>
  new Promise((resolve) => {
    const messages: string[] = [];
    call.on('data', (message: Buffer) => messages.push(message.toString()));
    call.on('error', () => undefined);
    call.on('status', ({ code }: grpc.StatusObject) => resolve({ messages, code }));
  });

describe('gRPC through the splice', () => {
  it('answers unary calls, and passes the status of the application on', async () => {
    const app = await startApp();
    const client = clientOf((await started.proxy({ appPort: app.port })).port);
    expect(await unary(client, 'test.Echo', Buffer.from('hello'))).toEqual(Buffer.from('hello'));
    expect(await unary(client, 'test.Echo', Buffer.from('fail'))).toBe('10: as you wish');
  });

  it('denies with a status; the reason is for clients with a name', async () => {
    const app = await startApp();
    const unnamed = clientOf((await started.proxy({ appPort: app.port })).port);
    expect(await unary(unnamed, 'denied.Echo', Buffer.from('hello'))).toBe('7: ');
    expect(await unary(unnamed, 'other.Echo', Buffer.from('hello'))).toBe('5: ');
    const named = clientOf((await started.proxy({ appPort: app.port, clientId: 'web.test' })).port);
    expect(await unary(named, 'denied.Echo', Buffer.from('hello'))).toBe(
      '7: client 127.0.0.9:45678: server: 127.0.0.1:8080: unauthorized request on route',
    );
  });

  it('carries messages of 5 MB', async () => {
    const app = await startApp();
    const client = clientOf((await started.proxy({ appPort: app.port })).port);
    const message = Buffer.alloc(5_000_000, 'five megabytes ');
    const replies = await Promise.all([1, 2, 3].map(() => unary(client, 'test.Echo', message)));
    expect(replies.map((reply) => Buffer.isBuffer(reply) && reply.equals(message))).toEqual([true, true, true]);
  });

  it('carries 100 streams at once, allowed and denied interleaved', async () => {
    const app = await startApp();
    const proxy = await started.proxy({ appPort: app.port, clientId: 'web.test' });
    const client = clientOf(proxy.port);
    const large = Buffer.alloc(200_000, 'x');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const reply = await unary(client, index % 2 === 0 ? 'test.Echo' : 'denied.Echo', large);
        return Buffer.isBuffer(reply) ? reply.length : reply.slice(0, 2);
      }),
    );
    expect(outcomes).toEqual(Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? large.length : '7:')));
    expect(proxy.sessions).toHaveLength(1);
    expect(new Set(app.claimed)).toEqual(new Set(['web.test']));
  });

  it('streams from the server', async () => {
    const app = await startApp();
    const client = clientOf((await started.proxy({ appPort: app.port })).port);
    const { serialize, deserialize } = { serialize: bytes.requestSerialize, deserialize: bytes.responseDeserialize };
    const wanted = Buffer.from([0x03, 0xe8]);
    const open = client.makeServerStreamRequest('/test.Echo/Count', serialize, deserialize, wanted);
    expect(await collect(open)).toEqual({
      messages: Array.from({ length: 1000 }, (_, index) => String(index)),
      code: 0,
    });
    const denied = client.makeServerStreamRequest('/denied.Echo/Count', serialize, deserialize, wanted);
    expect(await collect(denied)).toEqual({ messages: [], code: 7 });
  });

  it('streams both ways, in turn', async () => {
    const app = await startApp();
    const client = clientOf((await started.proxy({ appPort: app.port })).port);
    const open = client.makeBidiStreamRequest('/test.Echo/Chat', bytes.requestSerialize, bytes.responseDeserialize);
    const heard: string[] = [];
    const ended = new Promise<number>((resolve) => {
      open.on('status', ({ code }: grpc.StatusObject) => resolve(code));
    });
    open.on('data', (message: Buffer) => {
      heard.push(message.toString());
      if (heard.length < 200) open.write(Buffer.from(`message ${heard.length}`));
      else open.end();
    });
    open.write(Buffer.from('message 0'));
    expect(await ended).toBe(0);
    expect(heard).toEqual(Array.from({ length: 200 }, (_, index) => `message ${index}`));
    const denied = client.makeBidiStreamRequest('/denied.Echo/Chat', bytes.requestSerialize, bytes.responseDeserialize);
    denied.write(Buffer.from('message 0'));
    expect(await collect(denied)).toEqual({ messages: [], code: 7 });
  });
});
