import { describe, expect, it } from 'vitest';
import { Field } from './field-name.js';
import { HeadEdit } from './head-edit.js';
import { RequestHead } from './request-head.js';
import { RequestReader } from './request-reader.js';
import { ResponseHead } from './response-head.js';
import { ResponseReader } from './response-reader.js';

const text =
  'GET /old HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, x-hop, host, Content_Length\r\nX-Hop: 1\r\nx_hop: 2\r\nY: \xc3\xa9\r\nContent-Length: 0\r\n\r\n';

function request(): RequestHead {
  const head = new RequestReader().read(Buffer.from(text, 'latin1'));
  if (head instanceof RequestHead) return head;
  throw new Error('not accepted');
}

function edited(change: (edit: HeadEdit, head: RequestHead) => void, body?: string): string {
  const head = request();
  const edit = new HeadEdit();
  change(edit, head);
  return edit.encodeRequest(head, body === undefined ? undefined : Buffer.from(body)).toString('latin1');
}

describe('HeadEdit', () => {
  it('gives the original bytes themselves when there is nothing to do', () => {
    const head = request();
    const edit = new HeadEdit();
    edit.dropFields(Field.upgrade);
    expect(edit.encodeRequest(head, undefined)).toBe(head.bytes);
  });

  it('inserts before the empty line, and puts the body behind', () => {
    expect(edited((edit) => edit.append('a', 'é'), 'body')).toBe(`${text.slice(0, -2)}a: \xc3\xa9\r\n\r\nbody`);
  });

  it('drops by field, by name in every spelling, and what connection lists unless everybody needs it', () => {
    expect(
      edited((edit, head) => {
        edit.dropFields(Field.connection);
        edit.dropListed(head.connectionNames);
      }),
    ).toBe('GET /old HTTP/1.1\r\nHost: web\r\nY: \xc3\xa9\r\nContent-Length: 0\r\n\r\n');
  });

  it('follows the order of what it is told', () => {
    expect(
      edited((edit) => {
        edit.append('y', '1');
        edit.set('y', '2');
        edit.append('y', '3');
        edit.append('z', '4');
        edit.drop('z');
        edit.drop('x-hop');
        edit.dropFields(Field.connection);
      }),
    ).toBe('GET /old HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\ny: 2\r\ny: 3\r\n\r\n');
  });

  it('replaces the target', () => {
    expect(edited((edit) => edit.replaceTarget('/é'))).toBe(text.replace('/old', '/\xc3\xa9'));
  });

  it('says HTTP/1.1 for a response in HTTP/1.0, and leaves others alone', () => {
    for (const [given, sent] of [
      ['HTTP/1.0 200 OK\r\nA: b\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
      ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
    ] as const) {
      const head = new ResponseReader().read(Buffer.from(given));
      if (!(head instanceof ResponseHead)) throw new Error('not accepted');
      const edit = new HeadEdit();
      edit.sayHttp11();
      expect(edit.encodeResponse(head, undefined).toString()).toBe(sent);
    }
  });
});
