// How long it takes from saving a policy file until the proxy answers by it: 200 edits by default.
//
//   node bench/edit-latency.mjs [edits]
//
// One application, one proxy, real processes. After each save one connection asks again and again until the answer has changed;
// what is measured is from the end of the write to the first changed answer, so it includes noticing the file, reading it, the index,
// the stream to the proxy and the request itself. Half of the edits write in place, half replace the file as editors do.
import { fork } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const edits = Number(process.argv[2] ?? 200);
const folder = await mkdtemp(join(tmpdir(), 'doorward-bench-'));

const app = createServer((_request, response) => response.end('ok'));
await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve));
const probe = createServer();
await new Promise((resolve) => probe.listen(0, '127.0.1.1', resolve));
const { port } = probe.address();
await new Promise((resolve) => probe.close(resolve));

const name = 'shop.default.serviceaccount.identity.linkerd.cluster.local';
await writeFile(
  join(folder, 'shop.yaml'),
  `apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: shop, labels: {app: shop}, annotations: {doorward.dev/app: 'http=127.0.0.1:${app.address().port}'}}
spec: {meshTLS: {identity: ${name}, serverName: ${name}}, workloadIPs: [{ip: 127.0.1.1}], ports: [{name: http, port: ${port}}]}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: shop}
spec: {externalWorkloadSelector: {matchLabels: {app: shop}}, port: http, proxyProtocol: HTTP/1}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: neighbours}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: shop}
  requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: NetworkAuthentication, name: neighbours}]
`,
);
const policy = (cidr) => `apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: neighbours}
spec: {networks: [{cidr: ${cidr}}]}
`;
const file = join(folder, 'neighbours.yaml');
await writeFile(file, policy('10.0.0.0/8'));

const up = fork(
  fileURLToPath(new URL('../apps/cli/bin/doorward.js', import.meta.url)),
  [
    'up',
    folder,
    '--state',
    join(folder, '.state'),
    '--controller',
    '127.0.0.1:0',
    '--identity-service',
    '127.0.0.1:0',
    '-o',
    'json',
  ],
  { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
);
// Read, or the pipe fills and everything behind it stands still.
createInterface({ input: up.stdout }).on('line', () => {});
await new Promise((resolve, reject) => {
  up.once('message', resolve);
  up.once('exit', (code) => reject(new Error(`doorward up ended with ${code}`)));
});

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ask = () =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.1.1', port, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end();
  });

const times = [];
let asked = 0;
for (let edit = 0; edit < edits; edit++) {
  const wanted = edit % 2 === 0 ? 200 : 403;
  const text = policy(wanted === 200 ? '127.0.0.0/8' : '10.0.0.0/8');
  if (edit % 4 < 2) {
    await writeFile(file, text);
  } else {
    await writeFile(`${file}.tmp`, text);
    await rename(`${file}.tmp`, file);
  }
  const saved = performance.now();
  const giveUp = saved + 10_000;
  for (;;) {
    asked += 1;
    if ((await ask()) === wanted) break;
    if (performance.now() > giveUp) throw new Error(`edit ${edit} had no effect within 10 s`);
  }
  times.push(performance.now() - saved);
}
agent.destroy();
up.kill('SIGTERM');
await new Promise((resolve) => up.once('exit', resolve));
app.close();
await rm(folder, { recursive: true });

times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
console.log(
  `save to changed answer, ${edits} edits (${asked} requests): p50 ${at(0.5)} ms · p90 ${at(0.9)} ms · p99 ${at(0.99)} ms · max ${at(1)} ms`,
);
process.exitCode = times[Math.floor(times.length * 0.99)] <= 100 ? 0 : 1;
