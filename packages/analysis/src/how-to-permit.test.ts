import { describe, expect, it } from 'vitest';
import { howToPermit } from './how-to-permit.js';
import {
  account,
  authorizationPolicy,
  deployment,
  fromNetwork,
  httpRoute,
  identities,
  indexOf,
  meshTls,
  networks,
  server,
  why,
} from './testing/index-of.js';

const base =
  deployment('ledger', '{name: http, containerPort: 8080}') +
  deployment('web', '', { namespace: 'shop' }) +
  server('ledger-http', 'port: http, proxyProtocol: HTTP/1') +
  identities('tellers', '"teller.bank.example"') +
  networks('office', '{cidr: 10.1.0.0/16, except: [10.1.9.0/24]}');

function addition(yaml: string, line: string): string | undefined {
  const index = indexOf(base + yaml);
  const found = howToPermit(index, why(index, line));
  return (
    found &&
    `${found.object.kind} ${found.object.name} + ${found.object.text}; ${found.who}: ${found.permits.join(' & ')}`
  );
}

describe('what would permit a denied request', () => {
  const byIdentity = authorizationPolicy('p', 'Server ledger-http', meshTls('tellers'));
  const byNetwork = authorizationPolicy('p', 'Server ledger-http', fromNetwork('office'));

  it('is the client’s account or identity', () => {
    expect(addition(byIdentity, 'sa/auditor ledger:http')).toBe(
      'MeshTLSAuthentication tellers + identityRefs: - {kind: ServiceAccount, name: auditor}; sa/auditor: all of Server ledger-http (AuthorizationPolicy p)',
    );
    expect(addition(byIdentity, 'web ledger:http')).toContain('{kind: ServiceAccount, name: web, namespace: shop}');
    expect(addition(byIdentity, 'spiffe://a/b ledger:http')).toContain('identities: - "spiffe://a/b"');
  });

  it('is its address, for whoever has it', () => {
    expect(addition(byNetwork, 'unmeshed@10.2.0.9 ledger:http')).toBe(
      'NetworkAuthentication office + networks: - cidr: 10.2.0.9/32; whoever comes from 10.2.0.9/32: all of Server ledger-http (AuthorizationPolicy p)',
    );
    expect(addition(byNetwork, 'unmeshed@fd00::9 ledger:http')).toContain('cidr: fd00::9/128');
  });

  it('comes with everything else that it permits', () => {
    const route = httpRoute('write', 'ledger-http', '{matches: [{method: POST}, {method: PUT, path: {value: /a}}]}');
    const onRoute = authorizationPolicy('q', 'HTTPRoute write', `${meshTls('tellers')}, ${fromNetwork('office')}`);
    expect(addition(route + onRoute + byIdentity, 'sa/auditor ledger:http POST /')).toBe(
      'MeshTLSAuthentication tellers + identityRefs: - {kind: ServiceAccount, name: auditor}; sa/auditor: ' +
        'route write: POST, any path · PUT, path prefix /a (AuthorizationPolicy q, if the rest of the policy holds) & all of Server ledger-http (AuthorizationPolicy p)',
    );
  });

  it('is not proposed where it would not help', () => {
    const both = authorizationPolicy('p', 'Server ledger-http', `${meshTls('tellers')}, ${fromNetwork('office')}`);
    expect(addition(both, 'sa/auditor@10.2.0.9 ledger:http')).toBeUndefined();
    expect(addition(both, 'sa/auditor@10.1.0.9 ledger:http')).toContain('MeshTLSAuthentication tellers');
    expect(addition(both, 'teller.bank.example@10.2.0.9 ledger:http')).toContain('NetworkAuthentication office');
    expect(addition('', 'sa/auditor ledger:http')).toBeUndefined();
    expect(
      addition(
        httpRoute('r', 'ledger-http', '{matches: [{path: {value: /a}}]}') + byIdentity,
        'sa/auditor ledger:http GET /b',
      ),
    ).toBeUndefined();
    expect(
      addition(authorizationPolicy('p', 'Server ledger-http', account('teller')), 'sa/auditor ledger:http'),
    ).toBeUndefined();
  });

  it('is not proposed for whoever came without mesh TLS, was excepted, or whose address is assumed', () => {
    expect(addition(byIdentity, 'unmeshed ledger:http')).toBeUndefined();
    expect(addition(byNetwork, 'unmeshed@10.1.9.9 ledger:http')).toBeUndefined();
    expect(addition(byNetwork, 'unmeshed ledger:http')).toBeUndefined();
  });

  it('is nothing for what is allowed', () => {
    expect(addition(byNetwork, 'unmeshed@10.1.0.9 ledger:http')).toBeUndefined();
  });
});
