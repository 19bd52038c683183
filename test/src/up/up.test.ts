/** What `doorward up` does when things go wrong, and that they stay contained. */
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ObservedProcess } from '../support/observed-process.js';
import { cli, freePort, listen, shop, shopPolicy, workspace, type Workspace } from '../support/up-process.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
}, 20_000);

async function made(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const space = await workspace(files);
  open.push(async () => space.cleanUp());
  return space;
}

/** An application that answers `ok`, or as it is told. */
async function application(
  answer: Parameters<typeof createHttpServer>[1] = (_request, response) => response.end('ok'),
): Promise<{ server: HttpServer; address: string }> {
  const server = createHttpServer(answer);
  const port = await listen(server, '127.0.0.1');
  open.push(
    async () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { server, address: `127.0.0.1:${port}` };
}

/** One request on a connection of its own. */
async function get(port: number, path = '/'): Promise<number> {
  const response = await fetch(`http://127.0.1.1:${port}${path}`, { headers: { connection: 'close' } });
  await response.arrayBuffer();
  return response.status;
}

async function childOf(process: ObservedProcess, subcommand: string): Promise<number> {
  const found = (await process.descendants()).find(({ args }) => args.includes(subcommand));
  if (found === undefined) throw new Error(`no ${subcommand} is running`);
  return found.pid;
}

describe('doorward up cannot start', () => {
  it('on a folder that is not there', async () => {
    const process = new ObservedProcess(cli, ['up', '/nonexistent/policies', '-o', 'json']);
    expect(await process.exited).toBe(1);
    expect(process.stderr).toMatch(/^doorward: .*\/nonexistent\/policies/);
    expect(process.stderr).not.toContain('    at ');
  });

  it('when the controller’s port is in use, and names port and remedy', async () => {
    const holder = createServer();
    const port = await listen(holder, '127.0.0.1');
    open.push(async () => new Promise((resolve) => holder.close(resolve)));
    const space = await made({});
    const process = space.up('--controller', `127.0.0.1:${port}`);
    expect(await process.exited).toBe(1);
    expect(process.stderr).toContain(`127.0.0.1:${port}`);
    expect(process.stderr).toMatch(/^doorward: controller: [^\n]*--grpc-addr[^\n]*\n$/);
    expect(await process.descendants()).toEqual([]);
  });

  it('with an option it does not know, which is wrong usage', async () => {
    const process = new ObservedProcess(cli, ['up', '.', '--contoller', '127.0.0.1:0']);
    expect(await process.exited).toBe(2);
    expect(process.stderr).toContain("unknown option '--contoller'");
  });
});

describe('doorward up goes on without what it cannot have', () => {
  it('a port in use concerns one workload only, and is taken as soon as it is free', async () => {
    const app = await application();
    const holder = createServer((socket) => socket.destroy());
    const [taken, free] = [await listen(holder, '127.0.1.1'), await freePort()];
    const space = await made({
      'taken.yaml': shop(taken, `http=${app.address}`, 'blocked'),
      'free.yaml': shop(free, `http=${app.address}`),
    });
    const process = space.up();
    await process.ready();
    expect(await process.notice(`127.0.1.1:${taken}`)).toMatchObject({
      level: 'error',
      message: expect.stringMatching(
        /^blocked: the inbound listener cannot use .*: the port is in use; end the process that holds it/,
      ),
    });
    expect(await get(free)).toBe(200);
    await new Promise((resolve) => holder.close(resolve));
    await process.notice('blocked: its proxy is up now');
    await expect.poll(async () => get(taken).catch(() => 0), { timeout: 10_000 }).toBe(200);
  });

  it('a missing application is named, and answered for with 502', async () => {
    const [port, nobody] = [await freePort(), await freePort('127.0.0.1')];
    const space = await made({ 'shop.yaml': shop(port, `http=127.0.0.1:${nobody}`) });
    const process = space.up();
    await process.ready();
    expect(await get(port)).toBe(502);
    expect(await process.notice('cannot be reached')).toMatchObject({
      level: 'warn',
      message: expect.stringContaining(`the application at 127.0.0.1:${nobody} cannot be reached`),
    });
  });

  it('an invalid annotation is shown with its place and what is expected, and mending it is enough', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `htpp=${app.address}`) });
    const process = space.up();
    await process.ready();
    expect(await process.notice('names the port `htpp`')).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/shop\.yaml:\d+ .*declared: http/),
    });
    await space.write('shop.yaml', shop(port, `http=${app.address}`));
    await expect.poll(async () => get(port).catch(() => 0), { timeout: 10_000 }).toBe(200);
  });

  it('a policy without effect is told of with the reason, and when it has its effect', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({
      'shop.yaml': shop(port, `http=${app.address}`),
      'policy.yaml': shopPolicy(true).replace('server: {name: shop}', 'server: {name: shpo}'),
    });
    const up = space.up();
    await up.ready();
    expect(await up.notice('ServerAuthorization neighbours has no effect')).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/policy\.yaml:\d+ .*`shpo`.*did you mean `shop`/),
    });
    expect(await get(port)).toBe(403);
    await space.write('policy.yaml', shopPolicy(true));
    await up.notice('ServerAuthorization/default/neighbours has its effect now');
    await expect.poll(async () => get(port), { timeout: 5_000 }).toBe(200);
  });

  it('kinds it does not know are ignored with a note', async () => {
    const space = await made({ 'other.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n' });
    const process = space.up();
    await process.ready();
    expect(await process.notice('ConfigMap')).toMatchObject({ level: 'info' });
  });
});

describe('while it runs', () => {
  it('a killed controller leaves the last policy in force; it comes back and changes go on', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`), 'policy.yaml': shopPolicy(false) });
    const up = space.up();
    await up.ready();
    expect(await get(port)).toBe(403);
    const before = up.now;
    process.kill(await childOf(up, 'controller'), 'SIGKILL');
    await up.notice('lost the controller', before);
    expect(await get(port)).toBe(403);
    await up.notice('answers again', before);
    expect(await get(port)).toBe(403);
    await space.write('policy.yaml', shopPolicy(true));
    await expect.poll(async () => get(port), { interval: 20, timeout: 5_000 }).toBe(200);
  });

  it('a controller that hangs is told of, since edits have no effect meanwhile', { timeout: 30_000 }, async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`), 'policy.yaml': shopPolicy(true) });
    const up = space.up();
    await up.ready();
    const before = up.now;
    const controller = await childOf(up, 'controller');
    process.kill(controller, 'SIGSTOP');
    try {
      await space.write('policy.yaml', shopPolicy(false));
      await up.notice('lost the controller', before);
      expect(await get(port)).toBe(200);
    } finally {
      process.kill(controller, 'SIGCONT');
    }
    await expect.poll(async () => get(port), { interval: 50, timeout: 15_000 }).toBe(403);
  });

  it('a proxy that is asked to end finishes what is open, takes nothing new, and is started again', async () => {
    let answer = (): void => {};
    const app = await application((request, response) => {
      if (request.url !== '/slow') return void response.end('ok');
      response.write('begun,');
      answer = () => response.end('done');
    });
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`) });
    const up = space.up();
    await up.ready();
    const slow = await fetch(`http://127.0.1.1:${port}/slow`);
    const before = up.now;
    process.kill(await childOf(up, 'proxy'), 'SIGTERM');
    await expect
      .poll(async () => get(port).catch((error: Error) => (error.cause as { code?: string }).code), { timeout: 5_000 })
      .toBe('ECONNREFUSED');
    answer();
    expect(await slow.text()).toBe('begun,done');
    await up.notice('shop ended with status 0; starting it again', before);
    await up.notice('shop: its proxy is up now', before);
    await expect.poll(async () => get(port).catch(() => 0), { timeout: 10_000 }).toBe(200);
  });

  it('an open TCP connection that policy no longer permits is ended at once', async () => {
    const app = createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    const [appPort, port] = [await listen(app, '127.0.0.1'), await freePort()];
    open.push(async () => new Promise((resolve) => app.close(resolve)));
    const opaque = (allowed: boolean): string => shopPolicy(allowed).replace('HTTP/1', 'opaque');
    const space = await made({ 'shop.yaml': shop(port, `http=127.0.0.1:${appPort}`), 'policy.yaml': opaque(true) });
    const up = space.up();
    await up.ready();
    const socket = connect(port, '127.0.1.1');
    socket.on('error', () => {});
    socket.write('echo');
    expect(String((await once(socket, 'data'))[0])).toBe('echo');
    const closed = once(socket, 'close');
    await space.write('policy.yaml', opaque(false));
    await closed;
    expect(await up.line(({ verdict }) => verdict === 'terminated')).toMatchObject({
      rule: 'wrong address (closest: neighbours)',
    });
  });

  it('workloads come and go with their files', async () => {
    const app = await application();
    const [first, second] = [await freePort(), await freePort()];
    const space = await made({ 'shop.yaml': shop(first, `http=${app.address}`) });
    const up = space.up();
    await up.ready();
    await space.write('till.yaml', shop(second, `http=${app.address}`, 'till'));
    await expect.poll(async () => get(second).catch(() => 0), { timeout: 10_000 }).toBe(200);
    await up.notice('till: its proxy is up now');
    expect(await get(first)).toBe(200);
    const before = up.now;
    await space.write('till.yaml', '# nothing any more\n');
    await up.notice('till: no workload asks for its proxy any more, so it has ended', before);
    await expect.poll(async () => get(second).catch(() => 0), { timeout: 10_000 }).toBe(0);
    expect(await get(first)).toBe(200);
  });

  it('a folder that goes away leaves its policy in force, and is told of when it is back', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`), 'policy.yaml': shopPolicy(false) });
    const up = space.up();
    await up.ready();
    const before = await get(port);
    await rename(space.folder, `${space.folder}.away`);
    await up.notice('cannot be read any more');
    expect(await get(port)).toBe(before);
    await rename(`${space.folder}.away`, space.folder);
    await up.notice('can be read again');
    expect(await get(port)).toBe(before);
  });

  it('keys are nobody else’s, and a restart keeps the CA', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`) });
    const first = space.up();
    await first.ready();
    const ca = await readFile(join(space.stateDir, 'ca.crt'), 'utf8');
    const modes = async (dir: string): Promise<string[]> => {
      const entries = await readdir(dir, { withFileTypes: true });
      const lines = await Promise.all(
        entries.map(async (entry) => `${entry.name} ${((await stat(join(dir, entry.name))).mode & 0o777).toString(8)}`),
      );
      return lines.sort();
    };
    expect(((await stat(space.stateDir)).mode & 0o777).toString(8)).toBe('700');
    expect(await modes(space.stateDir)).toEqual(['ca.crt 644', 'ca.key 600', 'token.key 600', 'tokens 700']);
    expect(await modes(join(space.stateDir, 'tokens'))).toEqual(['default.shop 600']);
    expect(await first.end('SIGTERM')).toBe(0);
    const second = space.up();
    await second.ready();
    expect(await readFile(join(space.stateDir, 'ca.crt'), 'utf8')).toBe(ca);
    expect(await get(port)).toBe(200);
  });

  it('a killed `up` takes its processes with it', async () => {
    const app = await application();
    const port = await freePort();
    const space = await made({ 'shop.yaml': shop(port, `http=${app.address}`) });
    const up = space.up();
    await up.ready();
    expect((await up.descendants()).length).toBe(3);
    await up.end('SIGKILL');
    await expect.poll(async () => up.descendants(), { timeout: 5_000 }).toEqual([]);
  });

  it('an empty folder runs, and says what is missing', async () => {
    const space = await made({});
    await mkdir(join(space.folder, 'empty'));
    const up = space.up();
    await up.ready();
    expect(await up.notice('no workload asks for a proxy')).toMatchObject({ level: 'warn' });
  });
});
