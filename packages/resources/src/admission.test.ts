/** The admission cases of docs/spec/control-plane.md §2.3: what Linkerd's API server, CRDs and webhook together accept. */
import { describe, expect, it } from 'vitest';
import { parseManifests } from './manifests.js';
import { manifest } from './testing.js';
import { acceptedCases, rejectedCases } from './testing/admission-cases.js';

const gateway = (kind: string, spec: string): string => manifest('gateway.networking.k8s.io/v1', kind, spec);
const policy = (kind: string, spec: string): string => manifest('policy.linkerd.io/v1beta3', kind, spec);
const serverParent = '{group: policy.linkerd.io, kind: Server, name: s}';
const httpSpec = (parent: string, rule: string): string => `{parentRefs: [${parent}], rules: [${rule}]}`;
const path = (value: string): string => `{matches: [{path: {type: Exact, value: ${value}}}]}`;
const filter = (text: string): string => `{filters: [${text}]}`;

const errors = (text: string): string[] =>
  parseManifests(text, 'x.yaml')
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);

describe('what the API server and the webhook accept', () => {
  it.each(acceptedCases)('%s', (_name, text) => {
    expect(errors(text)).toEqual([]);
  });
});

describe('what the API server or the webhook rejects', () => {
  it.each(rejectedCases)('%s', (_name, text, _by, message) => {
    expect(errors(text)).toEqual([message]);
    expect(parseManifests(text, 'x.yaml').objects).toEqual([]);
  });
});

describe('what is accepted and then has no effect', () => {
  it.each([
    [
      'a mirror',
      filter('{type: RequestMirror, requestMirror: {}}'),
      'RequestMirror filter is not supported; the whole route has no effect on inbound traffic',
    ],
    [
      'a rewrite',
      filter('{type: URLRewrite, urlRewrite: {}}'),
      'URLRewrite filter is not supported; the whole route has no effect on inbound traffic',
    ],
    [
      'an extension',
      filter('{type: ExtensionRef, extensionRef: {}}'),
      'ExtensionRef filter is not supported; the whole route has no effect on inbound traffic',
    ],
    [
      'a filter of tomorrow',
      filter('{type: CORS, cors: {}}'),
      'No filter specified; the whole route has no effect on inbound traffic',
    ],
  ])('a gateway HTTPRoute with %s', (_name, rule, message) => {
    const { objects, problems, failed } = parseManifests(gateway('HTTPRoute', httpSpec(serverParent, rule)), 'x.yaml');
    expect(objects).toEqual([]);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([['warning', message]]);
    expect(failed.map(({ key }) => key)).toEqual(['HTTPRoute.gateway.networking.k8s.io/ns/x']);
  });

  it.each([
    [
      'in another namespace',
      ', namespace: other',
      'route resource may not reference a parent Server in an other namespace; the whole route has no effect',
    ],
    [
      'by port',
      ', port: 80',
      'route resource may not reference a parent Server by port; the whole route has no effect',
    ],
    [
      'by section',
      ', sectionName: http',
      'route resource may not reference a parent Server by section name; the whole route has no effect',
    ],
  ])('a route of a Server %s', (_name, more, message) => {
    const { objects, problems } = parseManifests(
      policy('HTTPRoute', httpSpec(serverParent.replace('}', `${more}}`), path('/foo'))),
      'x.yaml',
    );
    expect(objects).toEqual([]);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([['warning', message]]);
  });
});
