// What a request costs in the proxy, beside other proxies: CPU (user and system) of the proxy's processes for each request.
//
//   node bench/proxy/run.mjs [seconds a measurement] [rounds]        default: 3 3
//
// The proxies are started by this script and take turns, so that what else the machine does meets all of them; each figure is the median
// of the rounds. CPU time rather than throughput, because load, proxy and application share the machine. Needs h2load (Debian's
// nghttp2-client) for HTTP/2; nginx (Debian) and Python (for Envoy, from PyPI) are left out where they are missing.
import { fork, spawnSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { certificates, doorward, envoy, nginx, plainNode, serverName } from './peers.mjs';

const [seconds, rounds] = [Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 3)];
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
const ticksMs = 1_000 / Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

/** CPU of processes so far, in milliseconds (proc(5), utime and stime). */
function cpuMs(pids) {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * ticksMs;
  }, 0);
}

/** Not waited for synchronously: this process holds the proxies' channels. */
async function output(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

const http1 = async (port, tls) => {
  const options = { host: '127.0.0.1', port, connections: 16, seconds, ...(tls === undefined ? {} : { tls }) };
  const { answered, refused } = JSON.parse(await output(process.execPath, [here('load.mjs'), JSON.stringify(options)]));
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  return answered;
};

const hasH2load = spawnSync('h2load', ['--version']).status === 0;
const http2 = async (port) => {
  const text = await output('h2load', [
    '-D',
    String(seconds),
    '-c4',
    '-m16',
    `http://127.0.0.1:${port}/shop/items?page=2`,
  ]);
  const [, answered, , refused] = /status codes: ([0-9]+) 2xx, ([0-9]+) 3xx, ([0-9]+) 4xx/.exec(text) ?? [];
  if (answered === undefined || refused !== '0') throw new Error(text);
  return Number(answered);
};

const issued = await certificates(folder);
const clientTls = {
  cert: join(issued.client, 'tls.crt'),
  key: join(issued.client, 'tls.key'),
  ca: join(issued.client, 'ca.crt'),
  servername: serverName,
};
const works = [
  { name: 'HTTP/1.1 keep-alive, plaintext', run: ({ ports }) => ports.http1 && http1(ports.http1) },
  { name: 'HTTP/1.1 keep-alive, mTLS', run: ({ ports }) => ports.mtls && http1(ports.mtls, clientTls) },
  { name: 'HTTP/2, 16 streams a connection', run: ({ ports }) => hasH2load && ports.http2 && http2(ports.http2) },
];

const app = fork(here('app.mjs'));
const proxies = [];
try {
  const appPorts = await new Promise((resolve) => app.once('message', resolve));
  for (const start of [doorward, envoy, nginx, plainNode]) {
    const proxy = await start(issued, appPorts);
    if (proxy === undefined) console.error(`${start.name} is not on this machine and left out`);
    else proxies.push(proxy);
  }
  const figures = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const work of works) {
      for (const proxy of proxies) {
        const before = cpuMs(proxy.pids);
        const requests = await work.run(proxy);
        if (!requests) continue;
        // The first round warms everything up.
        if (round === 0) continue;
        const key = `${work.name}\0${proxy.name}`;
        figures.set(key, [...(figures.get(key) ?? []), ((cpuMs(proxy.pids) - before) * 1_000) / requests]);
      }
    }
  }
  const median = (values) => values?.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  console.log(
    `CPU of the proxy for each request, µs; median of ${rounds} rounds of ${seconds} s; ${cpus().length} cores, Node ${process.versions.node}\n`,
  );
  console.log(`| work | ${proxies.map(({ name }) => name).join(' | ')} |\n|---|${proxies.map(() => '---').join('|')}|`);
  for (const work of works) {
    const row = proxies.map(({ name }) => median(figures.get(`${work.name}\0${name}`))?.toFixed(1) ?? '–');
    console.log(`| ${work.name} | ${row.join(' | ')} |`);
  }
  const memory = proxies.map(({ pids }) =>
    pids.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]), 0),
  );
  console.log(`| memory after it, MB | ${memory.map((kb) => (kb / 1_024).toFixed(0)).join(' | ')} |`);
} finally {
  for (const { children } of proxies) for (const { child } of children) child.kill('SIGTERM');
  app.kill();
  // The state folder is written to until the parts have ended.
  const ended = (child) =>
    child.exitCode === null && child.signalCode === null
      ? new Promise((resolve) => child.once('exit', resolve))
      : Promise.resolve();
  await Promise.all(proxies.flatMap(({ children }) => children.map(({ child }) => ended(child))));
  rmSync(folder, { recursive: true, force: true });
}
