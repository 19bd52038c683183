/** Who asks, and for what: the other half of a decision. */
import type { IpAddress } from './ip.js';

export interface Client {
  /** The TCP peer, never a header's claim (docs/spec/data-plane.md §4.1). */
  readonly ip: IpAddress;
  readonly tls: ClientTls;
}

export type ClientTls =
  /** Plain bytes, or TLS that nobody looked for because the port is opaque. */
  | { readonly kind: 'none'; readonly reason: 'no-client-hello' | 'port-skipped' }
  /** TLS for another name, passed through unopened. */
  | { readonly kind: 'passthru'; readonly sni: string }
  /** Mesh TLS that ended here. Without an identity when the client's certificate names nobody. */
  | { readonly kind: 'established'; readonly identity: ClientIdentity | undefined };

/** A name proven by a certificate (docs/spec/data-plane.md §2.3). DNS names are in lower case. */
export type ClientIdentity =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'uri'; readonly name: string };

/** The head of an HTTP request, as far as policy reads it. Its texts have one character a byte (latin-1), as they came. */
export interface HttpRequest {
  readonly method: string;
  /** As the client wrote it, without the query; empty for CONNECT. */
  readonly path: string;
  /** Without the `?`; absent when there is none. */
  readonly query: string | undefined;
  /** Host and port; absent when the client named none. */
  readonly authority: string | undefined;
  /** All values of a header, in order; `name` is in lower case. Read only when a rule asks. */
  header(name: string): readonly string[];
}

/** What the client wants: a connection that carries no HTTP we know of, or one request. */
export type Wanted = { readonly kind: 'connection' } | { readonly kind: 'request'; readonly request: HttpRequest };
