/** What may be set about HTTP/1; every number has a default and its reason. Linkerd's proxy has none of these. */
export interface Http1Options {
  /**
   * How long a client may take to send a whole request head, from the connection's start or the head's first byte, in milliseconds.
   * Default 60,000: far more than any network needs, and it ends connections that only hold a place.
   */
  readonly headTimeoutMs?: number;
  /**
   * How long a connection may wait for the next request, in milliseconds. Default 620,000: the client should be the one to close,
   * because a request that meets our close is lost, and the longest fixed keep-alive of common load balancers is 600 s.
   */
  readonly idleTimeoutMs?: number;
  /**
   * After an answer that ends a connection whose request was not read to its end: how long to go on reading and forgetting, in
   * milliseconds, so that the answer isn't lost to a reset. Default 2,000.
   */
  readonly lingerMs?: number;
  /**
   * HTTP/1.0 requests may come without any host. `server-address` (default): they are for the address that the client dialled.
   * `refuse`: answer 500, as on connections where that address is the proxy's own (docs/spec/data-plane.md §6.3).
   */
  readonly withoutHost?: 'server-address' | 'refuse';
  /** Randomness of the failure injector, from 0 up to 1. Default Math.random. */
  readonly random?: () => number;
}

export const http1Defaults: Required<Http1Options> = {
  headTimeoutMs: 60_000,
  idleTimeoutMs: 620_000,
  lingerMs: 2_000,
  withoutHost: 'server-address',
  random: Math.random,
};

/** How much is read and forgotten while lingering: what is under way in a usual network, not an upload. */
export const lingerBytesMax = 1_048_576;

/** Body bytes up to this size are copied behind the head, so that both go out in one write: a write costs more than the copy. */
export const joinedBodyLengthMax = 16_384;
