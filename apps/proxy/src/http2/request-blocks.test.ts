import { encodeFields, http2Field } from '@doorward/http';
import { describe, expect, it } from 'vitest';
import { RequestBlocks } from './request-blocks.js';

const headerListMax = 16_384;

function read(
  clientId: string | undefined,
  ...extra: readonly (readonly [string, string])[]
): {
  seen: readonly string[];
  forwarded: readonly string[];
} {
  const fields = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'shop'], ...extra] as const;
  const block = new RequestBlocks(clientId, headerListMax).head(
    encodeFields(fields.map(([name, value]) => http2Field(name, value))),
  );
  if (block.kind !== 'request') throw new Error(block.kind);
  return {
    seen: block.request.header('l5d-client-id'),
    forwarded: block.fields
      .filter(({ name }) => name.replaceAll('_', '-') === 'l5d-client-id')
      .map(({ value }) => value),
  };
}

describe('the client’s name on HTTP/2', () => {
  it('is the proven one, for the policy and for the application', () => {
    expect(read('web.shop', ['l5d-client-id', 'admin.shop'])).toEqual({ seen: ['web.shop'], forwarded: ['web.shop'] });
  });

  it('is nobody’s where nothing was proven, whatever the client claims and however it spells it', () => {
    expect(
      read(undefined, ['l5d-client-id', 'admin.shop'], ['l5d_client_id', 'admin.shop'], ['l5d-client_id', 'x']),
    ).toEqual({
      seen: [],
      forwarded: [],
    });
  });
});
