import { defaultHttp2Limits, type Http2Limits } from './limits.js';

export interface Http2Options {
  readonly limits?: Partial<Http2Limits>;
  /** 0 ≤ x < 1, for injected failures. Default `Math.random`. */
  readonly random?: () => number;
  /** How long to go on dialling an application that refuses, before its requests are answered 504. Default 1,000 ms, as Linkerd's fail-fast. */
  readonly unreachableAfterMs?: number;
  /** How long to wait for the peers' ends once all is said. Default 1,000 ms: what is in flight has arrived by then, or never will. */
  readonly lingerMs?: number;
}

export interface Http2Settled {
  readonly limits: Http2Limits;
  readonly random: () => number;
  readonly unreachableAfterMs: number;
  readonly lingerMs: number;
}

export const settle = (options: Http2Options): Http2Settled => ({
  limits: { ...defaultHttp2Limits, ...options.limits },
  random: options.random ?? Math.random,
  unreachableAfterMs: options.unreachableAfterMs ?? 1000,
  lingerMs: options.lingerMs ?? 1000,
});
