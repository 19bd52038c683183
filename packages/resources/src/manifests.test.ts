import { describe, expect, it } from 'vitest';
import { parseManifests } from './manifests.js';
import { manifest, told } from './testing.js';

const server = (name: string, spec = '{podSelector: {}, port: 80}'): string =>
  manifest('policy.linkerd.io/v1beta3', 'Server', spec, `{name: ${name}, namespace: ns}`);

describe('a text of manifests', () => {
  it('gives objects in order, with the place of their names', () => {
    const { objects, problems } = parseManifests(`# first\n${server('a')}---\n${server('b')}`, 'x.yaml');
    expect(problems).toEqual([]);
    expect(objects.map(({ metadata, place }) => [metadata.name, place])).toEqual([
      ['a', { file: 'x.yaml', line: 4, column: 18 }],
      ['b', { file: 'x.yaml', line: 9, column: 18 }],
    ]);
  });

  it('may be empty, or hold empty documents, comments and directives', () => {
    for (const text of ['', '\n', '# nothing\n', '---\n---\n', '...\n', '%YAML 1.2\n---\n', '\uFEFF']) {
      expect(parseManifests(text, 'x.yaml')).toMatchObject({ objects: [], problems: [], ignored: [], failed: [] });
    }
    expect(
      parseManifests(`\uFEFF%YAML 1.2\n---\r\n${server('a').replaceAll('\n', '\r\n')}...\n${server('b')}`, 'x.yaml')
        .objects,
    ).toHaveLength(2);
  });

  it('may be JSON', () => {
    const object = {
      apiVersion: 'policy.linkerd.io/v1beta3',
      kind: 'Server',
      metadata: { name: 'a' },
      spec: { podSelector: {}, port: 'http' },
    };
    const { objects, problems } = parseManifests(JSON.stringify(object, undefined, '\t'), 'x.json');
    expect(problems).toEqual([]);
    expect(objects.map(({ metadata, spec, place }) => [metadata.namespace, spec, place?.line])).toEqual([
      [
        'default',
        {
          selects: 'pods',
          selector: { matchLabels: {}, matchExpressions: [] },
          port: 'http',
          proxyProtocol: 'unknown',
          accessPolicy: 'deny',
        },
        5,
      ],
    ]);
  });

  it('unpacks lists, and marks what is wrong in an entry', () => {
    const item = (name: string, port: string): string =>
      `- apiVersion: policy.linkerd.io/v1beta3\n  kind: Server\n  metadata: {name: ${name}}\n  spec: {podSelector: {}, port: ${port}}\n`;
    const text = `apiVersion: v1\nkind: List\nitems:\n${item('a', '80')}${item('b', '0')}`;
    expect(parseManifests(text, 'x.yaml').objects.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(told(text)).toEqual(["DW0118 [0] `spec.port` is `0`; expected a number from 1 to 65535, or a port's name"]);
  });

  it('leaves aside what is not of inbound policy', () => {
    const { objects, problems, ignored } = parseManifests(manifest('v1', 'Service', '{}'), 'x.yaml');
    expect([objects, problems]).toEqual([[], []]);
    expect(ignored).toEqual([
      { apiVersion: 'v1', kind: 'Service', name: 'x', place: { file: 'x.yaml', line: 3, column: 18 } },
    ]);
  });

  it('expands anchors, aliases and merges', () => {
    const text = `apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: a, labels: &labels {app: web, tier: front}}
spec:
  podSelector:
    matchLabels:
      tier: back
      <<: *labels
  port: 80
`;
    const [object] = parseManifests(text, 'x.yaml').objects;
    expect(object?.spec).toMatchObject({ selector: { matchLabels: { app: 'web', tier: 'back' } } });
  });
});

describe('a broken document', () => {
  it('leaves the others as they are, and is named as failed', () => {
    const { objects, failed } = parseManifests(
      `${server('a')}---\nkind: [\n---\n${server('b', '{port: 80}')}---\n${server('c')}`,
      'x.yaml',
    );
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
    expect(failed).toEqual([
      { key: undefined, place: { file: 'x.yaml', line: 6, column: 7 }, isForeign: false },
      { key: 'Server/ns/b', place: { file: 'x.yaml', line: 10, column: 18 }, isForeign: false },
    ]);
  });

  it.each([
    ['{"name": "demo", "version": "1.0.0", "scripts": {}}', true],
    ['{apiVersion: v2, name: a-chart, version: 1.2.3}', true],
    ['[{op: add, path: /spec, value: {}}]', true],
    ['just text', true],
    ['{metadata: {name: web}, spec: {podSelector: {}, port: 80}}', false],
    ['{kind: Server, metadata: {name: web}}', false],
    ['{apiVersion: policy.linkerd.io/v1beta3, metadata: {name: web}}', false],
    ['{apiVersion: v1, kind: Pod}', false],
    ['{kind: [', false],
  ])('%s: is it foreign? %s', (text, isForeign) => {
    expect(parseManifests(text, 'x.yaml').failed.map((document) => document.isForeign)).toEqual([isForeign]);
  });

  it.each([
    ['a: "b\n', 'DW0105 ["] the quote `"` is not closed'],
    ["a: 'b\n", "DW0105 ['] the quote `'` is not closed"],
    ['a: [b,\n', 'DW0105 [[] the bracket `[` is not closed'],
    ['a: {b: c\nd: e\n', 'DW0105 [{] the bracket `{` is not closed'],
    ['a:\n\tb: c\n', 'DW0102 [\t] a tab is used for indentation; YAML allows only spaces'],
    ['a: b: c\n', 'DW0107 [b] a value with `: ` in it has to be quoted'],
    ['a: b\n  c: d\n', 'DW0103 [c: d] the indentation does not fit: this line is deeper than the one it belongs to'],
    ['a:\n    b: c\n  d: e\n', 'DW0103 [d: e] the indentation does not fit'],
    ['a: b\nc\n', 'DW0106 [c] this is no field: its colon is missing'],
    ['a: b\nc:d\n', 'DW0106 [c:d] a colon has to be followed by a space'],
    ['a: @b\n', 'DW0107 [@] a value that begins with this character has to be quoted'],
    ['a: "\\d"\n', 'DW0107 [\\] this escape does not exist in double quotes'],
  ])('%j', (text, expected) => {
    const problems = told(text);
    expect(problems).toEqual([expected]);
  });

  it('with a key twice says where the first stands', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  name: b\n';
    expect(told(text)).toEqual(['DW0104 [name] the key `name` is written twice']);
    expect(parseManifests(text, 'x.yaml').problems[0]?.place?.label).toBe('first written in line 4');
    expect(parseManifests(text, 'x.yaml').objects).toEqual([]);
  });

  it('with a star that is not quoted says so', () => {
    const text = manifest(
      'policy.linkerd.io/v1alpha1',
      'MeshTLSAuthentication',
      '{identities: [*.ns.serviceaccount.identity.linkerd.cluster.local]}',
    );
    expect(told(text)).toEqual([
      'DW0108 [*.ns.serviceaccount.identity.linkerd.cluster.local] a value that begins with `*` has to be quoted',
    ]);
  });

  it('with aliases of aliases is refused before they grow', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(', ')}]`,
    );
    const start = performance.now();
    const { problems } = parseManifests(`apiVersion: v1\nkind: X\na0: &a0 x\n${levels.join('\n')}\n`, 'x.yaml');
    expect(problems.map(({ code }) => code)).toEqual(['DW0109']);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('nested without end is refused', () => {
    for (const text of [`a: ${'['.repeat(10_000)}`, `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`]) {
      expect(told(text)).toEqual(['DW0101 [[] the YAML cannot be read: it is nested too deep']);
    }
  });
});

describe('what YAML makes of words', () => {
  it.each([
    ['no', 'DW0125 [no] label `a` is `no`, which is not text'],
    ['off', 'DW0125 [off] label `a` is `off`, which is not text'],
    ['1.10', 'DW0125 [1.10] label `a` is `1.10`, which is not text'],
  ])('a label that is `%s` has to be quoted', (word, expected) => {
    expect(told(manifest('v1', 'Namespace', '{}', `{name: x, labels: {a: ${word}}}`))).toEqual([expected]);
    expect(told(manifest('v1', 'Namespace', '{}', `{name: x, labels: {a: "${word}"}}`))).toEqual([]);
  });

  it('`yes` is true where true or false is expected', () => {
    const [object] = parseManifests(
      manifest(
        'policy.linkerd.io/v1beta1',
        'ServerAuthorization',
        '{server: {name: s}, client: {unauthenticated: yes}}',
      ),
      'x.yaml',
    ).objects;
    expect(object?.spec).toMatchObject({ client: { kind: 'unauthenticated' } });
  });

  it('a name is told with what it was read as', () => {
    expect(told(server('no'))).toEqual([
      'DW0117 [no] `metadata.name` is `no`, which YAML reads as `false`; expected text',
    ]);
  });
});

describe('who an object says it is', () => {
  it.each([
    ['- a\n', 'DW0111 [a] the document is no Kubernetes object: it is not a mapping'],
    ['kind: Server\n', 'DW0112 [kind] `apiVersion` is missing'],
    ['apiVersion: v1\n', 'DW0112 [apiVersion] `kind` is missing'],
    ['apiVersion: v1\nkind: Namespace\n', 'DW0112 [apiVersion] `metadata.name` is missing'],
    ['apiVersion: v1\nkind: Namespace\nmetadata: {}\n', 'DW0112 [metadata] `metadata.name` is missing'],
    [
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: A_b}\n',
      'DW0113 [A_b] `metadata.name` is `A_b`; names are up to 253 lower-case letters, digits, `-` and `.`',
    ],
    [
      'apiVersion: policy.linkerd.io/v1\nkind: NetworkAuthentication\nmetadata: {name: a}\nspec: {networks: [{cidr: ::/0}]}\n',
      'DW0114 [policy.linkerd.io/v1] NetworkAuthentication has no version `v1`; expected `v1alpha1`',
    ],
    [
      'apiVersion: policy.linkerd.io/v1\nkind: Sever\nmetadata: {name: a}\n',
      'DW0111 [Sever] `Sever` is no kind of `policy.linkerd.io`; it is ignored',
    ],
    [
      'apiVersion: policy.linkerd.oi/v1\nkind: Server\nmetadata: {name: a}\n',
      'DW0111 [policy.linkerd.oi/v1] Server of group `policy.linkerd.oi` is ignored',
    ],
  ])('%j', (text, expected) => {
    expect(told(text)).toEqual([expected]);
  });
});

describe('problems of one object', () => {
  it('are all told, in the order of their causes', () => {
    const text = `apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: x, labels: {a: 1}}
spec:
  targetRef: {kind: Pod, name: p, nam: q}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: a, namespace: true}
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: b}
  - {kind: ServiceAcount, name: c}
`;
    expect(told(text)).toEqual([
      'DW0125 [1] label `a` is `1`, which is not text',
      'DW0115 [nam] unknown field `spec.targetRef.nam`; it has no effect',
      'DW0117 [true] `spec.requiredAuthenticationRefs[0].namespace` is the boolean `true`; expected text',
      'DW0402 [group] only a single MeshTLSAuthentication may be set',
      'DW0406 [ServiceAcount] unsupported authentication kind(s): ServiceAcount',
      'DW0407 [Pod] unsupported authorization target type: Pod',
    ]);
    expect(parseManifests(text, 'x.yaml').problems.map(({ help }) => help)).toEqual([
      'put it in quotes: "1"',
      'did you mean `name`?',
      'put it in quotes: "true"',
      'all references have to hold; to permit one OR the other, list them in one authentication, or write two policies',
      'did you mean `ServiceAccount`?',
      'select the pods with a Server and target that',
    ]);
  });
});

describe('many documents', () => {
  it('ten thousand are read within the time a person waits', () => {
    const text = Array.from({ length: 10_000 }, (_, i) =>
      server(`s${i}`, `{podSelector: {matchLabels: {app: web-${i}}}, port: ${i + 1}, proxyProtocol: HTTP/1}`),
    ).join('---\n');
    const start = performance.now();
    expect(parseManifests(text, 'x.yaml').objects).toHaveLength(10_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
