// The arrows of ARCHITECTURE.md, held by the test run. Each rule says why it exists; the comment is what the person who broke it reads.

/** @param {string} from @param {readonly string[]} to what it may import of our own */
const arrows = (from, to, comment) => ({
  name: `${from.replace('/', '-')}-arrows`,
  comment,
  severity: 'error',
  from: { path: `^${from}/src/` },
  to: {
    path: '^(packages|apps|examples)/',
    pathNot: [`^${from}/src/`, ...to.map((room) => `^${room}/src/`)],
  },
});

const p = (name) => `packages/${name}`;
const a = (name) => `apps/${name}`;

/** Rooms that read no clock, file, socket or environment. */
const pure = '^packages/(core|resources|index|analysis|wire|http)/src/';
const test = '\\.test\\.ts$|/testing/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    arrows(p('core'), [], 'core is the vocabulary: everything may know it, it knows nothing of ours'),
    arrows(p('http'), [], 'http is bytes: it knows no policy, so that it can be fuzzed and reused alone'),
    arrows(p('mtls'), [], 'mtls is keys and names: what a name may do is decided elsewhere'),
    arrows(p('telemetry'), [], 'telemetry is what a process says of itself; it must not pull in what the process does'),
    arrows(p('resources'), [p('core')], 'resources turns Kubernetes objects into core values'),
    arrows(
      p('wire'),
      [p('core')],
      'wire turns core values into messages and back; the proxy uses it, so it must not know Kubernetes',
    ),
    arrows(p('index'), [p('core'), p('resources')], 'index computes core policies from resources'),
    arrows(
      p('analysis'),
      [p('core'), p('resources'), p('index')],
      'analysis asks index and core; it decides nothing itself',
    ),
    arrows(p('folder'), [p('core'), p('resources')], 'folder reads and watches files, nothing more'),
    arrows(
      a('controller'),
      [p('core'), p('resources'), p('index'), p('wire'), p('folder'), p('telemetry'), p('mtls')],
      'an app composes packages; no app imports an app',
    ),
    arrows(
      a('identity'),
      [p('wire'), p('mtls'), p('telemetry')],
      'the identity service knows names and keys, never policy',
    ),
    arrows(
      a('proxy'),
      [p('core'), p('wire'), p('http'), p('mtls'), p('telemetry')],
      'the proxy never learns Kubernetes: no resources, no index, no folder',
    ),
    {
      name: 'apps-only-lazily',
      comment:
        'the command line starts an app by a lazy import, so that one command does not pay for all; option values and types come from subpaths',
      severity: 'error',
      from: { path: '^apps/cli/src/', pathNot: test },
      to: {
        path: '^apps/(controller|identity|proxy)/src/(index|run)\\.ts$',
        dependencyTypesNot: ['type-only'],
        dynamic: false,
      },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment:
        'a pure room reads no clock, file, socket or environment: that is what makes it testable and reusable in webhook, CLI and browser',
      severity: 'error',
      from: { path: pure, pathNot: test },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?buffer$' },
    },
    {
      name: 'testing-stays-in-tests',
      comment: 'arbitraries and fakes are for tests',
      severity: 'error',
      from: { path: '^(packages|apps|examples)/', pathNot: test },
      to: { path: '/testing/' },
    },
    {
      name: 'no-circular',
      comment: 'two files that need each other are one idea in two places, or two ideas in a knot',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'a file nobody imports is a file nobody runs',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.test\\.ts$', '\\.d\\.ts$', '^examples/', '/generate\\.mjs$', '/generated/'] },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      comment: 'an import that resolves to nothing works on one machine by accident',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-test-imports',
      comment: 'what a test needs from another test belongs in a testing folder',
      severity: 'error',
      from: {},
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.types|node_modules)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
