/** What `doorward why` prints, on the folder `testing/bank`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ask } from './testing/ask.js';

const bank = fileURLToPath(new URL('testing/bank', import.meta.url));

describe('an answer that is yes', () => {
  it('names the route and what permits', async () => {
    const { out, err, code } = await ask(bank, 'teller ledger:http DELETE /accounts/7');
    expect(out).toMatchInlineSnapshot(`
      "ALLOWED — the request reaches the application

        client   deploy/teller                     identity teller.bank…, from 10.0.0.1 (assumed)
        server   ledger-http      ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route    accounts-write   ledger.yaml:23   DELETE, path prefix /accounts
        who may  tellers-write    ledger.yaml:43   identity teller.bank…   ← permits it
        default  none: a Server selects this port, so what no policy permits is denied
        note     the address 10.0.0.1 is assumed, because none is known for deploy/teller; set it with --ip
      "
    `);
    expect([err, code]).toEqual(['', 0]);
  });

  it('names the network that permits', async () => {
    const { out, code } = await ask(bank, 'unmeshed ledger:http GET /accounts --ip 10.1.2.3');
    expect(out).toMatchInlineSnapshot(`
      "ALLOWED — the request reaches the application

        client   unmeshed                         without mesh TLS, from 10.1.2.3
        server   ledger-http     ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route    accounts-read   ledger.yaml:14   GET, path prefix /accounts
        who may  from-office     office.yaml:12   anybody from 10.1.0.0/16, with or without mesh TLS   ← permits it
        default  none: a Server selects this port, so what no policy permits is denied
      "
    `);
    expect(code).toBe(0);
  });

  it('names the default policy where no Server selects the port', async () => {
    const { out, code } = await ask(bank, 'unmeshed web.shop:80');
    expect(out).toMatchInlineSnapshot(`
      "ALLOWED — the request reaches the application

        client   unmeshed              without mesh TLS, from 10.0.0.1 (assumed)
        server   none                  no Server selects deploy/web port http (80), protocol detected
        route    default               any path
        who may  all-unauthenticated   anybody, with or without mesh TLS   ← permits it
        default  all-unauthenticated: the default of the cluster (--default-policy); no Server selects this port
        note     no path was given: this is for GET /
      "
    `);
    expect(code).toBe(0);
  });
});

describe('an answer that is no', () => {
  it('says whose identity is wanted, what has no effect, and what would help', async () => {
    const { out, err, code } = await ask(bank, 'sa/auditor deploy/ledger:8080 DELETE /accounts/7 -n bank');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets HTTP 403

        client        sa/auditor                        identity auditor.bank…, from 10.0.0.1 (assumed)
        server        ledger-http      ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route         accounts-write   ledger.yaml:23   DELETE, path prefix /accounts
        who may       tellers-write    ledger.yaml:43   identity auditor.bank… is not teller.bank…   ← closest
                      from-office      office.yaml:12   10.0.0.1 is not in 10.1.0.0/16
        default       none: a Server selects this port, so what no policy permits is denied
        no effect     auditors         ledger.yaml:52   AuthorizationPolicy: refers to MeshTLSAuthentication \`telers\`, which does not exist; did you mean \`tellers\`?
        note          the address 10.0.0.1 is assumed, because none is known for sa/auditor; set it with --ip
        to permit it  tellers          ledger.yaml:35   add to the MeshTLSAuthentication: identityRefs: - {kind: ServiceAccount, name: auditor}
        that permits  sa/auditor: route accounts-write: POST, path prefix /accounts · DELETE, path prefix /accounts (AuthorizationPolicy tellers-write)
      "
    `);
    expect([err, code]).toEqual(['', 3]);
  });

  it('says which network is wanted, or which exception holds', async () => {
    const { out, code } = await ask(bank, 'sa/auditor ledger:http GET /accounts --ip 10.1.9.9');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets HTTP 403

        client     sa/auditor                       identity auditor.bank…, from 10.1.9.9
        server     ledger-http     ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route      accounts-read   ledger.yaml:14   GET, path prefix /accounts
        who may    from-office     office.yaml:12   10.1.9.9 is excepted by 10.1.9.0/24   ← closest
        default    none: a Server selects this port, so what no policy permits is denied
        no effect  auditors        ledger.yaml:52   AuthorizationPolicy: refers to MeshTLSAuthentication \`telers\`, which does not exist; did you mean \`tellers\`?
      "
    `);
    expect(code).toBe(3);
    const other = await ask(bank, 'sa/auditor ledger:http GET /accounts --ip 10.2.0.9');
    expect(other.out).toContain('10.2.0.9 is not in 10.1.0.0/16   ← closest');
    expect(other.code).toBe(3);
  });

  it('says that the client came without mesh TLS', async () => {
    const { out, code } = await ask(bank, '10.0.0.7 ledger:http POST /accounts');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets HTTP 403

        client     10.0.0.7                          without mesh TLS, from 10.0.0.7
        server     ledger-http      ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route      accounts-write   ledger.yaml:23   POST, path prefix /accounts
        who may    tellers-write    ledger.yaml:43   not a mesh client: it came without mesh TLS   ← closest
                   from-office      office.yaml:12   10.0.0.7 is not in 10.1.0.0/16
        default    none: a Server selects this port, so what no policy permits is denied
        no effect  auditors         ledger.yaml:52   AuthorizationPolicy: refers to MeshTLSAuthentication \`telers\`, which does not exist; did you mean \`tellers\`?
      "
    `);
    expect(code).toBe(3);
  });

  it('lists the routes when none matches', async () => {
    const { out, code } = await ask(bank, 'teller ledger:http PUT /accounts');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets HTTP 404

        client     deploy/teller                     identity teller.bank…, from 10.0.0.1 (assumed)
        server     ledger-http      ledger.yaml:4    selects deploy/ledger port http (8080), HTTP/1
        route      none                              no route matches PUT /accounts; there are
                   accounts-read    ledger.yaml:14   GET, path prefix /accounts
                   accounts-write   ledger.yaml:23   POST, path prefix /accounts · DELETE, path prefix /accounts
        default    none: a Server selects this port, so what no policy permits is denied
        no effect  auditors         ledger.yaml:52   AuthorizationPolicy: refers to MeshTLSAuthentication \`telers\`, which does not exist; did you mean \`tellers\`?
      "
    `);
    expect(code).toBe(3);
  });

  it('of an opaque port is a refused connection, and tells of the Server that lost', async () => {
    const { out, code } = await ask(bank, 'ledger vault:sql');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets a refused connection

        client    deploy/ledger                       identity ledger.bank…, from 10.0.0.1 (assumed)
        server    vault-sql           vault.yaml:4    selects ew/vault port sql (5432), opaque
        overlaps  vault-tls           vault.yaml:14   selects this port too, without effect: \`vault-sql\` comes first, by age and then by name
        who may   vault-from-ledger   vault.yaml:24   no identity is seen: an opaque port does not look for mesh TLS   ← closest
        default   none: a Server selects this port, so what no policy permits is denied
        note      through Linkerd's outbound proxy, which proves its identity on opaque ports too, the client is allowed
      "
    `);
    expect(code).toBe(3);
  });

  it('comes from the annotation of the namespace where no Server selects the port', async () => {
    const { out, code } = await ask(bank, 'teller ledger:admin GET /metrics');
    expect(out).toMatchInlineSnapshot(`
      "DENIED — the client gets HTTP 403

        client   deploy/teller   identity teller.bank…, from 10.0.0.1 (assumed)
        server   none            no Server selects deploy/ledger port admin (9990), protocol detected
        route    default         any path
        who may  nobody          nothing here permits anybody
        default  deny: the annotation config.linkerd.io/default-inbound-policy of namespace \`bank\`; no Server selects this port (namespaces.yaml:4)
      "
    `);
    expect(code).toBe(3);
  });
});

describe('options', () => {
  it('-H and --host are the request’s', async () => {
    const { out } = await ask(bank, 'teller ledger:http DELETE /accounts -H host:␣bank.test -o json');
    expect(JSON.parse(out)).toMatchObject({ verdict: 'allowed', request: { method: 'DELETE', path: '/accounts' } });
  });

  it('a path alone is a GET', async () => {
    const { out } = await ask(bank, 'teller ledger:http /accounts -o json');
    expect(JSON.parse(out)).toMatchObject({ request: { method: 'GET', path: '/accounts', assumed: false } });
  });

  it('--default-policy, --cluster-networks and --identity-domain are the cluster’s', async () => {
    const denied = await ask(bank, 'unmeshed web.shop:80 --default-policy cluster-authenticated');
    expect([denied.code, denied.out]).toEqual([3, expect.stringContaining('(--default-policy)')]);
    const outside = await ask(
      bank,
      'teller web.shop:80 --default-policy cluster-unauthenticated --ip 10.1.1.1 --cluster-networks 192.168.0.0/16',
    );
    expect([outside.code, outside.out]).toEqual([3, expect.stringContaining('10.1.1.1 is not in 192.168.0.0/16')]);
    const other = await ask(bank, 'teller web.shop:80 --identity-domain example.org -o json');
    expect(JSON.parse(other.out)).toMatchObject({
      client: { identity: 'teller.bank.serviceaccount.identity.linkerd.example.org' },
    });
  });

  it('127.0.0.0/8 counts as the cluster', async () => {
    const inside = await ask(bank, 'unmeshed web.shop:80 --default-policy cluster-unauthenticated --ip 127.0.0.9');
    expect(inside.code).toBe(0);
    const outside = await ask(bank, 'unmeshed web.shop:80 --default-policy cluster-unauthenticated --ip 8.8.8.8');
    expect(outside.code).toBe(3);
  });

  it('-o json is the whole explanation', async () => {
    const { out } = await ask(bank, 'sa/auditor ledger:http DELETE /accounts/7 --ip 10.2.0.9 -o json');
    expect(JSON.parse(out)).toMatchInlineSnapshot(`
      {
        "audit": false,
        "client": {
          "identity": "auditor.bank.serviceaccount.identity.linkerd.cluster.local",
          "ip": "10.2.0.9",
          "ipFrom": "given",
          "name": "sa/auditor",
          "namespace": "bank",
        },
        "default": {
          "from": "none",
          "text": "none: a Server selects this port, so what no policy permits is denied",
        },
        "notInForce": [
          {
            "kind": "AuthorizationPolicy",
            "name": "auditors",
            "place": {
              "column": 9,
              "file": "ledger.yaml",
              "line": 52,
            },
            "text": "refers to MeshTLSAuthentication \`telers\`, which does not exist; did you mean \`tellers\`?",
          },
        ],
        "notes": [],
        "otherRoutes": [],
        "outcome": "HTTP 403",
        "overlapping": [],
        "problems": [],
        "reason": "unauthorized",
        "request": {
          "assumed": false,
          "method": "DELETE",
          "path": "/accounts/7",
        },
        "route": {
          "kind": "HTTPRoute",
          "name": "accounts-write",
          "place": {
            "column": 9,
            "file": "ledger.yaml",
            "line": 23,
          },
          "text": "DELETE, path prefix /accounts",
        },
        "server": {
          "kind": "Server",
          "name": "ledger-http",
          "place": {
            "column": 9,
            "file": "ledger.yaml",
            "line": 4,
          },
          "text": "selects deploy/ledger port http (8080), HTTP/1",
        },
        "target": {
          "namespace": "bank",
          "port": 8080,
          "portName": "http",
          "workload": "deploy/ledger",
        },
        "toPermit": {
          "kind": "MeshTLSAuthentication",
          "name": "tellers",
          "permits": [
            "route accounts-write: POST, path prefix /accounts · DELETE, path prefix /accounts (AuthorizationPolicy tellers-write)",
          ],
          "place": {
            "column": 9,
            "file": "ledger.yaml",
            "line": 35,
          },
          "text": "identityRefs: - {kind: ServiceAccount, name: auditor}",
          "who": "sa/auditor",
        },
        "tried": [
          {
            "closest": true,
            "kind": "AuthorizationPolicy",
            "name": "tellers-write",
            "place": {
              "column": 9,
              "file": "ledger.yaml",
              "line": 43,
            },
            "text": "identity auditor.bank… is not teller.bank…",
          },
          {
            "closest": false,
            "kind": "AuthorizationPolicy",
            "name": "from-office",
            "place": {
              "column": 9,
              "file": "office.yaml",
              "line": 12,
            },
            "text": "10.2.0.9 is not in 10.1.0.0/16",
          },
        ],
        "verdict": "denied",
      }
    `);
  });
});

describe('what cannot be answered', () => {
  it.each([
    ['teler ledger:http', 'there is no workload `teler` in any namespace; did you mean `deploy/teller`?'],
    ['teller ledgr:http', 'there is no workload `ledgr` in any namespace; did you mean `deploy/ledger`?'],
    [
      'teller ledger:htp',
      'deploy/ledger has no port named `htp`; did you mean `http`? its ports are http (8080), admin (9990)',
    ],
    [
      'teller web:80 -n bank',
      'there is no workload `web` in namespace `bank`; there is deploy/web in namespace `shop`',
    ],
    [
      'teller ledger',
      '`deploy/ledger` lacks a port: write `deploy/ledger:PORT`; its ports are http (8080), admin (9990)',
    ],
  ])('%s', async (line, failure) => {
    expect(await ask(bank, line)).toEqual({ out: '', err: '', code: undefined, failure });
  });

  it('because the folder is not there', async () => {
    const { failure } = await ask(bank, 'teller ledger:http -f nowhere');
    expect(failure).toBe('there is no file or folder `nowhere`');
  });

  it.each([
    ['teller', 'commander.missingArgument'],
    ['teller ledger:http GET accounts', 'commander.invalidArgument'],
    ['teller ledger:http G@T /', 'commander.invalidArgument'],
    ['teller ledger:http --ip 10.1', 'commander.invalidArgument'],
    ['teller ledger:http -H nonsense', 'commander.invalidArgument'],
    ['teller ledger:http -o yaml', 'commander.invalidArgument'],
    ['teller ledger:http --default-policy allow', 'commander.invalidArgument'],
  ])('because of its usage: %s', async (line, code) => {
    expect(await ask(bank, line)).toMatchObject({ out: '', code: undefined, failure: `usage: ${code}` });
  });
});

describe('files', () => {
  it('with problems are told of, and the answer is without them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorward-why-'));
    try {
      await writeFile(join(folder, 'package.json'), '{"name": "not a manifest"}');
      await writeFile(
        join(folder, 'broken.yaml'),
        `apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ledger-admin, namespace: bank}
spec: {podSelector: {matchLabels: {app: ledger}}, port: admin, proxyProtocol: HTTP}
`,
      );
      const { out, err, code } = await ask(folder, `teller ledger:admin -f ${bank} -f ${folder}`);
      expect(err).toContain('`HTTP`');
      expect(err).toContain('broken.yaml:4:');
      expect(err).toContain('The answer is without the objects that could not be read.');
      expect(err).toContain('Not Kubernetes objects, and skipped: package.json');
      expect(out).toContain('no Server selects deploy/ledger port admin (9990)');
      expect(code).toBe(3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('can be given one by one; of an object that is in two the first counts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doorward-why-'));
    try {
      await writeFile(
        join(folder, 'namespaces.yaml'),
        `apiVersion: v1
kind: Namespace
metadata: {name: bank, annotations: {config.linkerd.io/default-inbound-policy: all-unauthenticated}}
`,
      );
      const first = await ask(folder, `unmeshed ledger:admin -f ${folder}/namespaces.yaml -f ${bank}`);
      expect([first.code, first.err]).toEqual([0, expect.stringContaining('written twice')]);
      const second = await ask(folder, `unmeshed ledger:admin -f ${bank} -f ${folder}/namespaces.yaml`);
      expect(second.code).toBe(3);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
