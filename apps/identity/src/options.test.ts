import { describe, expect, it } from 'vitest';
import { identityDefaults, parseIdentityOptions } from './options.js';

describe('parseIdentityOptions', () => {
  it('has a default for everything', () => {
    expect(parseIdentityOptions({})).toEqual({ kind: 'ok', options: identityDefaults });
  });

  it('reads what was written', () => {
    expect(
      parseIdentityOptions({
        state: 'ca',
        listen: '[::1]:0',
        trustDomain: 'vms.example',
        certLifetime: '90m',
        clockSkew: '0s',
      }),
    ).toEqual({
      kind: 'ok',
      options: {
        stateDir: 'ca',
        listen: { host: '::1', port: 0 },
        trustDomain: 'vms.example',
        certLifetimeSec: 5400,
        clockSkewSec: 0,
      },
    });
    expect(parseIdentityOptions({ listen: ':9000' })).toMatchObject({
      options: { listen: { host: '127.0.0.1', port: 9000 } },
    });
  });

  it('names all that it cannot read', () => {
    expect(
      parseIdentityOptions({
        state: '',
        listen: '127.0.0.1:65536',
        trustDomain: 'Bad Domain',
        certLifetime: '59s',
        clockSkew: '10',
      }),
    ).toEqual({
      kind: 'problems',
      problems: [
        '`--state ` is not a folder',
        '`--listen 127.0.0.1:65536` is not HOST:PORT',
        '`--trust-domain Bad Domain` is not a domain such as `cluster.local`',
        '`--cert-lifetime 59s` is not a duration of at least a minute, such as `24h`',
        '`--clock-skew 10` is not a duration such as `10s`',
      ],
    });
  });
});
