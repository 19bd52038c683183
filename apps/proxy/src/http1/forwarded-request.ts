import type { HttpRequest } from '@doorward/core';
import { Field, HeadEdit, type RequestHead } from '@doorward/http';
import { clientIdHeader } from '../client-id.js';

/** Headers for one hop: each side of the proxy has its own connection to manage (docs/spec/data-plane.md §6.1). */
export const hopByHopFields = Field.connection | Field.keepAlive | Field.proxyConnection | Field.upgrade;

const hopByHopNames: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade']);
const neverListed: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/**
 * A request as the application will get it. Policy reads this and not the client's bytes, so a header that is stripped can't
 * match a rule, and `l5d-client-id` is the proven one.
 */
export class ForwardedRequest implements HttpRequest {
  readonly #head: RequestHead;
  readonly #clientId: string | undefined;
  readonly #defaultAuthority: string | undefined;
  readonly #switches: boolean;

  constructor(head: RequestHead, clientId: string | undefined, defaultAuthority: string | undefined) {
    this.#head = head;
    this.#clientId = clientId;
    this.#defaultAuthority = defaultAuthority;
    this.#switches = head.method === 'CONNECT' || ((head.seen & Field.upgrade) !== 0 && head.upgrades.length > 0);
  }

  get method(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.path;
  }

  get query(): string | undefined {
    return this.#head.query;
  }

  get authority(): string | undefined {
    return this.#head.authority ?? this.#defaultAuthority;
  }

  /** Whether the client asks for the connection to become something else: CONNECT, or an upgrade that isn't HTTP. */
  get switches(): boolean {
    return this.#switches;
  }

  header(name: string): readonly string[] {
    if (name === clientIdHeader) return this.#clientId === undefined ? [] : [this.#clientId];
    if (!this.#switches && hopByHopNames.has(name)) return [];
    if (this.#head.connectionNames.length > 0 && this.#isListed(name)) return [];
    return this.#head.values(name);
  }

  /** What is different in the head that goes to the application. */
  edit(): HeadEdit {
    const head = this.#head;
    const edit = new HeadEdit();
    const listed = head.connectionNames;
    if (!this.#switches) {
      edit.dropFields(hopByHopFields);
    } else if (listed.length > 0) {
      // What `connection` lists goes, so it can't stay as it is; what has to arrive is the wish itself.
      edit.dropFields(Field.connection);
      if (head.saysUpgrade) edit.append('connection', 'upgrade');
    }
    if (listed.length > 0) edit.dropListed(listed);
    if (head.has(clientIdHeader)) edit.drop(clientIdHeader);
    // docs/spec/data-plane.md §6.3: a missing host isn't invented, but for the absolute form it is repeated from the target.
    if (head.target.form === 'absolute' && (head.seen & Field.host) === 0) edit.append('host', head.authority ?? '');
    if (this.#clientId !== undefined) edit.append(clientIdHeader, this.#clientId);
    return edit;
  }

  #isListed(name: string): boolean {
    const canonical = name.replaceAll('_', '-');
    return (
      !neverListed.has(canonical) &&
      this.#head.connectionNames.some((listed) => listed.replaceAll('_', '-') === canonical)
    );
  }
}
