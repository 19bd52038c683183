/** Every bound of an HTTP/2 connection, with its reason. Counts are for one client connection. */
export interface Http2Limits {
  /**
   * Streams open at once; more are refused with REFUSED_STREAM, which clients repeat. Default 1,000: Linkerd's proxy sets no limit, and a
   * meshed peer multiplexes a whole node's calls over one connection, so the 100 of most servers would stall it. A stream costs about 200 bytes
   * here, so 1,000 stay below what the socket buffers of one connection take. A lower limit of the application is passed on.
   */
  readonly concurrentStreamsMax: number;
  /**
   * Streams that a client may reset, or make us reset, at once, and then per second. Default 1,000 and 100: cancelling everything once is fine,
   * opening and resetting without end ("rapid reset") costs us and the application a request each, and the client nothing.
   */
  readonly resetsBurst: number;
  readonly resetsPerSecond: number;
  /**
   * SETTINGS, each of which the application has to answer. Default 100 and 10 per second: gRPC libraries that tune their windows send about ten
   * in the first seconds.
   */
  readonly settingsBurst: number;
  readonly settingsPerSecond: number;
  /**
   * PING and DATA without content. Default 10,000 and as many per second: answering one takes about 1 µs, so the most that a client can make us
   * spend is 1 % of a core; libraries that measure bandwidth send one per round trip, thousands per second on one machine.
   */
  readonly idleFramesBurst: number;
  readonly idleFramesPerSecond: number;
  /** CONTINUATION frames of one header block. Default 5, as Linkerd's proxy (docs/spec/data-plane.md §6.7): with frames of 16 KiB, 96 KiB in all. */
  readonly continuationsMax: number;
  /** A request's header list, as MAX_HEADER_LIST_SIZE counts; above it 431. Default 16 KiB, as Linkerd's proxy. */
  readonly requestHeaderListMax: number;
  /** A response's header list. Default 64 KiB: the application is trusted more than the client, but memory is bounded all the same. */
  readonly responseHeaderListMax: number;
}

export const defaultHttp2Limits: Http2Limits = {
  concurrentStreamsMax: 1000,
  resetsBurst: 1000,
  resetsPerSecond: 100,
  settingsBurst: 100,
  settingsPerSecond: 10,
  idleFramesBurst: 10_000,
  idleFramesPerSecond: 10_000,
  continuationsMax: 5,
  requestHeaderListMax: 16_384,
  responseHeaderListMax: 65_536,
};

/** Permits `burst` events at once and `perSecond` in the long run. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** `nowMs`: a monotonic clock, in milliseconds. */
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private readonly nowMs: () => number,
  ) {
    this.#tokens = burst;
    this.#at = nowMs();
  }

  /** Whether one more event is within the limit. */
  take(): boolean {
    if (this.#tokens < 1) {
      const now = this.nowMs();
      this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
      this.#at = now;
      if (this.#tokens < 1) return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
