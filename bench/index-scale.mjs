// What the policy index costs in a large cluster: time to build, memory a pod, and the cost of one change.
//
//   node bench/index-scale.mjs [pods…]        default: 500 5000 50000
//
// 100 namespaces with, together, 1,000 Servers, 2,000 AuthorizationPolicies and 2,000 MeshTLSAuthentications of 5 identities, half of
// them in another namespace than their policy. Pods are as an injected cluster has them: sidecar, init container, probes, annotations;
// read from JSON as an API server sends it. Each size runs in a process of its own, because the heap is measured.
// Exit code 1 when an aim is missed at 5,000 pods: build ≤ 1 s of CPU, ≤ 2 KB a pod, one change ≤ 1 ms and only what it reaches.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const namespaces = 100;
const servers = 1_000;
const policies = 2_000;
const changes = 2_000;
const aimed = 5_000;

if (process.env.DOORWARD_BENCH_BUNDLE === undefined) await main();
else measure(Number(process.argv[2]), process.env.DOORWARD_BENCH_BUNDLE);

async function main() {
  const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [500, aimed, 50_000];
  const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    const bundle = join(folder, 'index.cjs');
    await build({
      absWorkingDir: root,
      stdin: {
        contents: "export * from '@doorward/index'; export { convertObject } from '@doorward/resources';",
        resolveDir: join(root, 'test'),
      },
      outfile: bundle,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'warning',
    });
    const results = sizes.map((pods) => {
      const run = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), String(pods)], {
        env: { ...process.env, DOORWARD_BENCH_BUNDLE: bundle },
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      });
      if (run.status !== 0) throw new Error(`the measurement of ${pods} pods ended with ${run.status ?? run.signal}`);
      return JSON.parse(run.stdout);
    });
    print(results);
    const missed = results.filter(({ pods }) => pods === aimed).flatMap(missedAims);
    for (const aim of missed) console.error(`missed: ${aim}`);
    process.exitCode = missed.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function missedAims({ buildMs, bytesPerPod, changeMs, strays, recomputed, reachable }) {
  return [
    ...(buildMs > 1000 ? [`build took ${buildMs.toFixed(0)} ms of CPU, more than 1 s`] : []),
    ...(bytesPerPod > 2048 ? [`${bytesPerPod.toFixed(0)} bytes a pod, more than 2 KB`] : []),
    ...(changeMs.p99 > 1 ? [`a changed authentication took ${changeMs.p99.toFixed(2)} ms (p99), more than 1 ms`] : []),
    ...(strays > 0 || recomputed !== reachable ? [`${recomputed} ports worked out again, ${reachable} reachable`] : []),
  ];
}

function print(results) {
  const rows = [
    ['pods', ({ pods }) => pods.toLocaleString('en')],
    ['build, CPU', ({ buildMs }) => `${buildMs.toFixed(0)} ms`],
    ['retained a pod', ({ bytesPerPod }) => `${bytesPerPod.toFixed(0)} B`],
    ['… and a watched port', ({ bytesPerWatch }) => `${bytesPerWatch.toFixed(0)} B`],
    ['watched ports', ({ watched }) => watched.toLocaleString('en')],
    ['ports one changed authentication reaches', ({ recomputed }) => `${recomputed}`],
    ['its cost, p50 · p99', ({ changeMs }) => `${changeMs.p50.toFixed(3)} · ${changeMs.p99.toFixed(3)} ms`],
    ['one more pod, p50 · p99', ({ podMs }) => `${podMs.p50.toFixed(3)} · ${podMs.p99.toFixed(3)} ms`],
    ['a changed Server, p50 · p99', ({ serverMs }) => `${serverMs.p50.toFixed(3)} · ${serverMs.p99.toFixed(3)} ms`],
    ['would a Server overlap, p50 · p99', ({ askMs }) => `${askMs.p50.toFixed(3)} · ${askMs.p99.toFixed(3)} ms`],
    ['all possible overlaps', ({ overlapsMs }) => `${overlapsMs.toFixed(1)} ms`],
    ['all statuses', ({ statusesMs }) => `${statusesMs.toFixed(0)} ms`],
  ];
  const cells = rows.map(([label, cell]) => [label, ...results.map(cell)]);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  console.log(line(cells[0]));
  console.log(
    `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  );
  for (const row of cells.slice(1)) console.log(line(row));
}

function measure(pods, bundle) {
  const { PolicyIndex, convertObject, defaultClusterConfig } = createRequire(import.meta.url)(bundle);
  /** Through JSON, so that no string is shared but by those who share it on purpose. */
  const read = (value) => {
    const converted = convertObject(JSON.parse(JSON.stringify(value)), { strict: false });
    if (converted.kind !== 'object') throw new Error(JSON.stringify(converted));
    return converted.object;
  };
  const heap = () => {
    for (let i = 0; i < 4; i++) globalThis.gc();
    return process.memoryUsage().heapUsed;
  };
  const cpuMs = (work) => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const spread = (times) => {
    const sorted = times.toSorted((a, b) => a - b);
    return { p50: sorted[Math.floor(sorted.length / 2)], p99: sorted[Math.floor(sorted.length * 0.99)] };
  };
  const timed = (work) => {
    const before = performance.now();
    const result = work();
    return [performance.now() - before, result];
  };

  const index = new PolicyIndex({ ...defaultClusterConfig, probeNetworks: defaultClusterConfig.clusterNetworks });
  // A function of its own: what a frame still holds somewhere would be counted as retained by the index.
  const load = (make, into = index) => {
    const upserted = make().map(read);
    return cpuMs(() => into.applyAll({ upserted, removed: [] }));
  };
  // Once for the compiler. Kept until the end, lest it goes while the heap is measured.
  const rehearsal = new PolicyIndex(index.config);
  load(() => [...rules(), ...podsOf(500)], rehearsal);
  const refs = refsOf(pods);
  let buildMs = load(rules);
  const withRules = heap();
  buildMs += load(() => podsOf(pods));
  buildMs += cpuMs(() => {
    for (const ref of refs) if (index.policyOf(ref, 8080)?.server.kind !== 'resource') throw new Error('no Server');
  });
  const withPods = heap();
  const ports = [8080, 4191];
  let told = 0;
  const listener = () => (told += 1);
  buildMs += cpuMs(() => {
    for (const ref of refs) for (const port of ports) index.watch(ref, port, listener);
  });
  const withWatches = heap();

  /** Objects are read beforehand: the garbage of parsing them is not the index's. */
  const each = (make, work) => {
    const objects = Array.from({ length: changes }, (_, i) => read(make(i)));
    globalThis.gc();
    return objects.map((object, i) => timed(() => work(object, i)));
  };
  let strays = 0;
  let recomputed = 0;
  const change = each(
    (i) => authentication(i % policies, `changed-${i}`),
    (object) => index.apply(object),
  ).map(([ms, round], i) => {
    const { namespace, name } = serverOf(i % policies);
    recomputed += round.recomputed;
    strays += round.changed.filter(
      ({ workload }) => !workload.name.startsWith(`${name}-`) || workload.namespace !== namespace,
    ).length;
    return ms;
  });
  const more = podsOf(pods + changes).slice(pods);
  const pod = each(
    (i) => more[i],
    (object) => index.apply(object),
  );
  const server = each(
    (i) => serverObject(i % servers, i < servers ? 'audit' : 'deny'),
    (object) => index.apply(object),
  );
  const ask = each(
    (i) => overlappingServer(i % servers),
    (object) => index.overlapOf(object),
  );
  if (ask.some(([, found]) => found.length !== 1)) throw new Error('a Server that overlaps one other was not found');
  // A first time for the caches: that is what a change of a Server costs at worst.
  const [overlapsMs, overlaps] = timed(() => index.possibleOverlaps());
  if (overlaps.length !== 0) throw new Error('these Servers do not overlap');
  const [statusesMs, statuses] = timed(() => index.statuses());
  if (statuses.length !== servers + 2 * policies) throw new Error('statuses are missing');

  if (rehearsal.objects().next().done) throw new Error('the rehearsal is gone');
  const result = {
    pods,
    buildMs,
    bytesPerPod: (withPods - withRules) / pods,
    bytesPerWatch: (withWatches - withPods) / (pods * ports.length),
    watched: pods * ports.length,
    recomputed: recomputed / changes,
    reachable: pods / servers,
    strays,
    told,
    changeMs: spread(change),
    podMs: spread(pod.map(([ms]) => ms)),
    serverMs: spread(server.map(([ms]) => ms)),
    askMs: spread(ask.map(([ms]) => ms)),
    overlapsMs,
    statusesMs,
  };
  process.stdout.write(JSON.stringify(result));
}

function refsOf(pods) {
  return podsOf(pods).map(({ metadata: { namespace, name } }) => ({ namespace, kind: 'pod', name }));
}

/** The Server that policy `i` is for: two policies a Server, ten Servers a namespace. */
function serverOf(policy) {
  const number = Math.floor(policy / 2);
  return { namespace: `team-${number % namespaces}`, name: `app-${number}` };
}

function* count(length) {
  for (let i = 0; i < length; i++) yield i;
}

function rules() {
  return [
    ...[...count(servers)].map((i) => serverObject(i)),
    ...[...count(policies)].map((i) => {
      const { namespace } = serverOf(i);
      return {
        apiVersion: 'policy.linkerd.io/v1alpha1',
        kind: 'AuthorizationPolicy',
        metadata: { namespace, name: `policy-${i}`, ...identityOf(i, 1) },
        spec: {
          targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: serverOf(i).name },
          requiredAuthenticationRefs: [
            {
              group: 'policy.linkerd.io',
              kind: 'MeshTLSAuthentication',
              namespace: authenticationNamespace(i),
              name: `clients-${i}`,
            },
          ],
        },
      };
    }),
    ...[...count(policies)].map((i) => authentication(i, 'first')),
  ];
}

function serverObject(i, accessPolicy = 'deny') {
  const { namespace, name } = serverOf(i * 2);
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: { namespace, name, ...identityOf(i, 2) },
    spec: { podSelector: { matchLabels: { app: name } }, port: 'http', proxyProtocol: 'HTTP/1', accessPolicy },
  };
}

/** Not yet there: it would select what Server `i` does, and more. */
function overlappingServer(i) {
  const { metadata, ...rest } = serverObject(i);
  const values = [metadata.name, 'none'];
  return {
    ...rest,
    metadata: { namespace: metadata.namespace, name: 'asked' },
    spec: { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values }] }, port: 'http' },
  };
}

/** Every second one in the namespace beside its policy's. */
function authenticationNamespace(i) {
  const { namespace } = serverOf(i);
  return i % 2 === 0 ? namespace : `team-${(Number(namespace.slice('team-'.length)) + 1) % namespaces}`;
}

function authentication(i, version) {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: { namespace: authenticationNamespace(i), name: `clients-${i}`, ...identityOf(i, 3) },
    spec: {
      identities: [...count(5)].map(
        (j) => `${version}-${j}.team-${i % namespaces}.serviceaccount.identity.linkerd.cluster.local`,
      ),
    },
  };
}

/** What an API server adds. */
function identityOf(i, kind) {
  const digits = String(i).padStart(12, '0');
  return {
    uid: `9f0e${kind}c6a-53b1-4f2e-8d7a-${digits}`,
    creationTimestamp: new Date(1.75e12 + i * 1000).toISOString().replace('.000', ''),
  };
}

function podsOf(length) {
  return [...count(length)].map((i) => {
    const { namespace, name } = serverOf((i % servers) * 2);
    const hash = (0x5d9c7bf4c8 + (i % servers) * 7919).toString(36);
    const sidecarProbe = (path) => ({ httpGet: { path, port: 4191 }, initialDelaySeconds: 2 });
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace,
        name: `${name}-${hash}-${i.toString(36).padStart(5, '0')}`,
        ...identityOf(i, 4),
        labels: {
          app: name,
          'app.kubernetes.io/part-of': namespace,
          'pod-template-hash': hash,
          'linkerd.io/control-plane-ns': 'linkerd',
          'linkerd.io/proxy-deployment': name,
          'linkerd.io/workload-ns': namespace,
        },
        annotations: {
          'config.linkerd.io/opaque-ports': '25,587,3306,4444,5432,6379,9300,11211',
          'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z',
          'linkerd.io/created-by': 'linkerd/proxy-injector edge-26.1.1',
          'linkerd.io/inject': 'enabled',
          'linkerd.io/proxy-version': 'edge-26.1.1',
          'linkerd.io/trust-root-sha256': '8dc603abd4e755c25c94da05abbf29b9b283a784733651020d72f97ca8ab98e4',
          'cni.projectcalico.org/podIP': `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`,
        },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-${hash}`, uid: 'a', controller: true },
        ],
      },
      spec: {
        serviceAccountName: name,
        initContainers: [
          { name: 'linkerd-init', image: 'cr.l5d.io/linkerd/proxy-init:v2.4.3', args: ['--ipv6=false'] },
        ],
        containers: [
          {
            name: 'app',
            image: `registry.example.com/${namespace}/${name}:1.2.3`,
            env: [...count(20)].map((j) => ({ name: `SETTING_${j}`, value: `value ${j}` })),
            ports: [
              { name: 'http', containerPort: 8080 },
              { name: 'metrics', containerPort: 9090 },
            ],
            readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
            livenessProbe: { httpGet: { path: '/live', port: 'http' } },
          },
          {
            name: 'linkerd-proxy',
            image: 'cr.l5d.io/linkerd/proxy:edge-26.1.1',
            ports: [
              { name: 'linkerd-proxy', containerPort: 4143 },
              { name: 'linkerd-admin', containerPort: 4191 },
            ],
            readinessProbe: sidecarProbe('/ready'),
            livenessProbe: sidecarProbe('/live'),
          },
        ],
      },
    };
  });
}
