/** What random routes say. */
import * as fc from 'fast-check';
import { few, from, name, policyGroup, some } from './arbitrary-values.js';

const headerName = from('x', 'X-Team', 'host', 'l5d-client-id', ':path', 'a b', 'content-type');
const headerValue = from('1', 'shop', 'a b', '\u00e9', '\ud83d\ude00', ' 1 ', '\t');
const pattern = from('1|12', '.*', '[a-c]+', '(?i)A', '\\pL+', '', '(a*)*b', '(?=a)', '\\1', 'a{1001}', '\u00e9', '(');
const fieldMatch = (names: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({ name: names, value: headerValue }),
    fc.record({ type: from('Exact'), name: names, value: headerValue }),
    fc.record({ type: from('RegularExpression'), name: names, value: pattern }),
  );
const path = fc.oneof(
  some({
    type: from('Exact', 'PathPrefix'),
    value: from('/', '/a', '/a/', '//', '/a/../b', '/%', '/%61', '/\u00e9', '', 'a', '/a?q=1', '/a#f'),
  }),
  fc.record({ type: from('RegularExpression'), value: fc.oneof(pattern, from('/[ab]+', '/a|/ab')) }),
);
const httpMatch = some({
  path,
  headers: few(fieldMatch(headerName)),
  queryParams: few(fieldMatch(from('q', ' ', '\u00e9', 'a=b'))),
  method: from('GET', 'POST', 'CONNECT'),
});
const headerValues = few(fc.record({ name: headerName, value: headerValue }));
export const filter = fc.oneof(
  fc.record({
    type: from('RequestHeaderModifier'),
    requestHeaderModifier: some({ add: headerValues, set: headerValues, remove: few(headerName) }),
  }),
  fc.record({
    type: from('RequestRedirect'),
    requestRedirect: some({
      scheme: from('http', 'https'),
      hostname: from('new.example', '*'),
      port: from(1, 443, 65_535, 0),
      statusCode: from(301, 302, 303),
      path: fc.oneof(
        fc.record({ type: from('ReplaceFullPath'), replaceFullPath: from('/', '/new?x', 'new', '') }),
        fc.record({ type: from('ReplacePrefixMatch'), replacePrefixMatch: from('/', '/new/', '') }),
      ),
    }),
  }),
);
export const responseFilter = fc.record({
  type: from('ResponseHeaderModifier'),
  responseHeaderModifier: some({ set: headerValues }),
});
const hostname = from('a.test', '*.a.test', '*', 'A.test', 'test', '*.b.a.test');
const parent = fc.oneof(
  { weight: 6, arbitrary: fc.record({ group: from(policyGroup), kind: from('Server', 'server'), name }) },
  {
    weight: 1,
    arbitrary: some({ group: from('', policyGroup), kind: from('Service', 'Gateway'), name, port: from(80) }),
  },
);
export const httpRoute = (filters: fc.Arbitrary<unknown>) =>
  some({
    parentRefs: fc.array(parent, { minLength: 1, maxLength: 3 }),
    hostnames: few(hostname),
    rules: few(some({ matches: few(httpMatch, 3), filters: few(filters) })),
  });
export const grpcRoute = some({
  parentRefs: fc.array(parent, { minLength: 1, maxLength: 3 }),
  hostnames: few(hostname),
  rules: few(
    some({
      matches: few(
        some({
          method: some({ type: from('Exact'), service: from('s', 'a.S', ''), method: from('M', '\u00e9') }),
          headers: few(fieldMatch(headerName)),
        }),
        3,
      ),
      filters: few(fc.oneof(filter, responseFilter)),
    }),
  ),
});
