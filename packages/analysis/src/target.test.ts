import { describe, expect, it } from 'vitest';
import { resolveTarget } from './target.js';
import { deployment, indexOf, messageOf } from './testing/index-of.js';

const http = '{name: http, containerPort: 8080}';
const external = `
---
apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: voting, namespace: bank}
spec:
  meshTLS: {identity: voting.id, serverName: voting.id}
  workloadIPs: [{ip: 127.0.1.3}]
  ports: [{name: grpc, port: 8080}, {name: dns, port: 53, protocol: UDP}]`;
const pod = `
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {linkerd.io/control-plane-ns: linkerd}}
spec:
  containers:
    - {name: a, image: a, ports: [{name: http, containerPort: 80}, {name: both, containerPort: 1}]}
    - {name: b, image: b, ports: [{name: both, containerPort: 2}]}`;
const index = indexOf(
  deployment('ledger', `${http}, {name: admin, containerPort: 9990}`) +
    deployment('web', http) +
    deployment('web', http, { namespace: 'shop' }) +
    external +
    pod,
);

describe('a target', () => {
  it.each([
    ['ledger:8080', undefined, 'deploy/ledger.bank 8080 http'],
    ['ledger:http', undefined, 'deploy/ledger.bank 8080 http'],
    ['deploy/ledger:admin', undefined, 'deploy/ledger.bank 9990 admin'],
    ['deployments/ledger:admin', 'bank', 'deploy/ledger.bank 9990 admin'],
    ['Deployment/ledger:admin', 'bank', 'deploy/ledger.bank 9990 admin'],
    ['ledger.bank:http', undefined, 'deploy/ledger.bank 8080 http'],
    ['ledger.bank:http', 'shop', 'deploy/ledger.bank 8080 http'],
    ['ew/voting:grpc', undefined, 'ew/voting.bank 8080 grpc'],
    ['voting:8080', undefined, 'ew/voting.bank 8080 grpc'],
    // Only one port could be meant.
    ['voting', undefined, 'ew/voting.bank 8080 grpc'],
    ['pod/web:http', undefined, 'pod/web.shop 80 http'],
    ['web:http', 'bank', 'deploy/web.bank 8080 http'],
    ['deploy/web:http', 'shop', 'deploy/web.shop 8080 http'],
    // A policy holds on every port.
    ['ledger:7', undefined, 'deploy/ledger.bank 7 undeclared'],
  ])('%s (-n %s) is %s', (text, namespace, expected) => {
    const resolved = resolveTarget(index, text, { namespace });
    const { value } = resolved.kind === 'found' ? resolved : { value: undefined };
    const port = value?.isDeclared === true ? value.portName : 'undeclared';
    expect(value && `${value.name}.${value.workload.ref.namespace} ${value.port} ${port}`).toBe(expected);
  });

  it.each([
    ['ledgr:8080', undefined, 'there is no workload `ledgr` in any namespace; did you mean `deploy/ledger`?'],
    ['nothing:80', 'shop', 'there is no workload `nothing` in namespace `shop`; there is deploy/web, pod/web'],
    ['nothing:80', 'shpo', 'there is no workload `nothing` in namespace `shpo`; did you mean `shop`?'],
    ['nothing:80', 'elsewhere', 'there is no workload `nothing` in namespace `elsewhere`; workloads are in bank, shop'],
    [
      'ledger:80',
      'shop',
      'there is no workload `ledger` in namespace `shop`; there is deploy/ledger in namespace `bank`',
    ],
    ['web:80', undefined, '`web` exists in the namespaces bank, shop: choose one with -n'],
    ['web:80', 'shop', '`web` can be deploy/web or pod/web: write it with its kind'],
    ['dploy/web:80', 'shop', '`dploy` is no kind of workload; did you mean `deploy`?'],
    [
      'service/web:80',
      'shop',
      '`service` is no kind of workload; kinds are pod, deploy, sts, ds, rs, job, cj, ew and their long names',
    ],
    [
      'sts/ledger:80',
      undefined,
      'there is no workload `sts/ledger` in any namespace; there is deploy/ledger.bank, deploy/web.bank, deploy/web.shop, ew/voting.bank, pod/web.shop',
    ],
    [
      'ledger',
      undefined,
      '`deploy/ledger` lacks a port: write `deploy/ledger:PORT`; its ports are http (8080), admin (9990)',
    ],
    [
      'ledger:',
      undefined,
      '`deploy/ledger` lacks a port: write `deploy/ledger:PORT`; its ports are http (8080), admin (9990)',
    ],
    ['ledger:0', undefined, '`0` is no port: ports are 1 to 65535'],
    ['ledger:65536', undefined, '`65536` is no port: ports are 1 to 65535'],
    [
      'ledger:amdin',
      undefined,
      'deploy/ledger has no port named `amdin`; did you mean `admin`? its ports are http (8080), admin (9990)',
    ],
    ['ledger:x', undefined, 'deploy/ledger has no port named `x`; its ports are http (8080), admin (9990)'],
    ['voting:dns', undefined, 'ew/voting has no port named `dns`; its ports are grpc (8080)'],
    ['pod/web:both', undefined, 'port `both` of pod/web is 1 and 2: choose one by its number'],
  ])('%s (-n %s): %s', (text, namespace, message) => {
    expect(messageOf(resolveTarget(index, text, { namespace }))).toBe(message);
  });

  it('of nothing says that nothing was read', () => {
    expect(messageOf(resolveTarget(indexOf(''), 'web:80'))).toBe(
      'there is no workload `web:80`: no workload was read at all'.replace(':80`', '`'),
    );
  });
});
