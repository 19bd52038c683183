/** Whatever a file holds, parsing gives an answer, and its places lie inside the text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from './format-problem.js';
import { parseManifests } from './manifests.js';
import { manifest } from './testing.js';

const seeds = [
  manifest(
    'policy.linkerd.io/v1beta3',
    'Server',
    'podSelector: {matchLabels: {app: web}}\nport: http\nproxyProtocol: HTTP/1',
  ),
  manifest(
    'policy.linkerd.io/v1alpha1',
    'AuthorizationPolicy',
    'targetRef: {group: policy.linkerd.io, kind: Server, name: s}\nrequiredAuthenticationRefs:\n- kind: ServiceAccount\n  name: "a"',
  ),
  manifest(
    'policy.linkerd.io/v1beta3',
    'HTTPRoute',
    "parentRefs: [{kind: Server, name: s}]\nrules:\n- matches:\n  - path: {value: /a}\n    headers: [{name: x, value: '1'}]\n  filters: &f []\n- filters: *f",
  ),
  manifest(
    'policy.linkerd.io/v1alpha1',
    'NetworkAuthentication',
    'networks:\n- cidr: 10.0.0.0/8\n  except:\n  - 10.1.0.0/16',
  ),
  manifest('apps/v1', 'Deployment', 'template:\n  spec:\n    containers:\n    - ports: [{containerPort: 80}]'),
];

const fragment = fc.constantFrom(
  '\n',
  '\r',
  '\t',
  '  ',
  '- ',
  ': ',
  '---\n',
  '...\n',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '<<: ',
  '|\n',
  '>\n',
  '!!str ',
  '!x ',
  '%',
  '#',
  '\u0000',
  '\uFEFF',
  '\uD800',
  '😀',
  '__proto__: ',
  'null',
  '-1',
  '0x10',
  'kind: List\nitems:\n',
);

const mutated = fc
  .tuple(
    fc.shuffledSubarray(seeds, { minLength: 1 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.oneof(fragment, fc.string({ maxLength: 4 }))), {
      maxLength: 6,
    }),
  )
  .map(([documents, edits]) => {
    let text = documents.join('---\n');
    for (const [at, cut, insert] of edits) {
      const position = at % (text.length + 1);
      text = text.slice(0, position) + insert + text.slice(position + cut);
    }
    return text;
  });

function check(text: string): void {
  const { objects, problems, failed, ignored } = parseManifests(text, 'x.yaml');
  const lines = text.split(/\r\n|\r|\n/);
  for (const place of [
    ...problems.flatMap(({ place }) => (place ? [place] : [])),
    ...objects.flatMap(({ place }) => (place ? [place] : [])),
    ...failed.map(({ place }) => place),
    ...ignored.map(({ place }) => place),
  ]) {
    expect(place.line).toBeGreaterThanOrEqual(1);
    expect(place.line).toBeLessThanOrEqual(lines.length);
    expect(place.column).toBeGreaterThanOrEqual(1);
    expect(place.column).toBeLessThanOrEqual((lines[place.line - 1] ?? '').length + 1);
  }
  for (const problem of problems) {
    expect(problem.place?.lineText).toBe(lines[(problem.place?.line ?? 0) - 1]);
    expect(problem.place?.length).toBeGreaterThanOrEqual(1);
    expect(formatProblem(problem, { color: false })).toContain(problem.code);
  }
  // Nothing is lost without a word: a document gives an object, a note, or a failure with its problem.
  expect(problems.length).toBeGreaterThanOrEqual(Math.min(1, failed.length));
}

describe('parsing', () => {
  it('answers for every mutation of good manifests', () => {
    fc.assert(fc.property(mutated, check), { numRuns: 1500 });
  });

  it('answers for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 500 });
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
        check,
      ),
      { numRuns: 1500 },
    );
  });
});
