import {
  http2Error,
  settingId,
  settingsAckFrame,
  settingsFrame,
  type FrameError,
  type Http2Settings,
} from '@doorward/http';
import type { Http2Limits } from './limits.js';
import type { Output } from './output.js';

type Owed = 'own' | 'relayed';
type Setting = readonly [id: number, value: number];

/**
 * Unacknowledged SETTINGS that may stand before one peer. Above what the rate limits let through in normal life; a peer that never
 * acknowledges must not make the list grow.
 */
const pendingMax = 200;

/**
 * SETTINGS belong to one hop, but they say what the far peer may send: windows are kept by the two ends, so their sizes must reach
 * them. Each SETTINGS of a peer is therefore translated and passed on, and acknowledged only when the far end has acknowledged
 * ours. Since nothing overtakes on either hop, an end sees the acknowledgement exactly where the other began to obey (RFC 9113 §6.5.3).
 *
 * Passed on: INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE, and MAX_CONCURRENT_STREAMS to the client. Not MAX_FRAME_SIZE: 16,384 is what every
 * endpoint takes, so nobody is told more, no frame needs to be cut, and one frame is all that is ever held. Not HEADER_TABLE_SIZE:
 * ours is 0. Not ENABLE_PUSH: 0 for the application, and nobody pushes to it. Not extended CONNECT: it isn't supported.
 */
export class SettingsRelay {
  /** For each SETTINGS that a peer has yet to acknowledge: whether the far peer waits for it. */
  readonly #clientOwes: Owed[] = [];
  readonly #appOwes: Owed[] = [];
  #appIsUp = false;
  /** What the client asked for before the application was dialled. */
  readonly #fromClient: Http2Settings = {};

  constructor(
    private readonly limits: Http2Limits,
    private readonly clientOut: Output,
    private readonly appOut: Output,
  ) {}

  /** Our part of the connection preface (RFC 9113 §3.4). */
  greetClient(): void {
    this.clientOut.write(
      settingsFrame([
        [settingId.headerTableSize, 0],
        [settingId.maxConcurrentStreams, this.limits.concurrentStreamsMax],
        [settingId.maxHeaderListSize, this.limits.requestHeaderListMax],
      ]),
    );
    this.#clientOwes.push('own');
  }

  /** What the client has said so far is in it: the application knows it before the first request. */
  greetApp(): void {
    this.#appIsUp = true;
    this.appOut.write(
      settingsFrame([[settingId.headerTableSize, 0], [settingId.enablePush, 0], ...this.#forApp(this.#fromClient)]),
    );
    this.#appOwes.push('own');
  }

  clientSays(settings: Http2Settings): FrameError | undefined {
    if (!this.#appIsUp) {
      Object.assign(this.#fromClient, settings);
      this.clientOut.write(settingsAckFrame());
      return undefined;
    }
    return pass(this.#forApp(settings), this.appOut, this.#appOwes, this.clientOut);
  }

  appSays(settings: Http2Settings): FrameError | undefined {
    // RFC 9113 §6.5.2: only a client may enable push.
    if (settings.enablePush === 1) return { code: http2Error.protocolError, message: 'ENABLE_PUSH from a server' };
    return pass(this.#forClient(settings), this.clientOut, this.#clientOwes, this.appOut);
  }

  /** The client has acknowledged. `'own'`: our first SETTINGS, so it has given up its dynamic table. */
  clientAcknowledged(): 'own' | 'relayed' | FrameError {
    const owed = this.#clientOwes.shift();
    if (owed === 'relayed') this.appOut.write(settingsAckFrame());
    return owed ?? unasked;
  }

  appAcknowledged(): 'own' | 'relayed' | FrameError {
    const owed = this.#appOwes.shift();
    if (owed === 'relayed') this.clientOut.write(settingsAckFrame());
    return owed ?? unasked;
  }

  #forApp(settings: Http2Settings): Setting[] {
    const result: Setting[] = [];
    if (settings.initialWindowSize !== undefined)
      result.push([settingId.initialWindowSize, settings.initialWindowSize]);
    if (settings.maxHeaderListSize !== undefined) {
      result.push([
        settingId.maxHeaderListSize,
        Math.min(settings.maxHeaderListSize, this.limits.responseHeaderListMax),
      ]);
    }
    return result;
  }

  #forClient(settings: Http2Settings): Setting[] {
    const result: Setting[] = [];
    if (settings.maxConcurrentStreams !== undefined) {
      result.push([
        settingId.maxConcurrentStreams,
        Math.min(settings.maxConcurrentStreams, this.limits.concurrentStreamsMax),
      ]);
    }
    if (settings.initialWindowSize !== undefined)
      result.push([settingId.initialWindowSize, settings.initialWindowSize]);
    if (settings.maxHeaderListSize !== undefined) {
      result.push([
        settingId.maxHeaderListSize,
        Math.min(settings.maxHeaderListSize, this.limits.requestHeaderListMax),
      ]);
    }
    return result;
  }
}

const unasked: FrameError = {
  code: http2Error.protocolError,
  message: 'SETTINGS acknowledged that were not sent',
};

/** Pass settings on to a peer; where they are of no interest to it and nothing is under way, acknowledge them at once. */
const pass = (settings: readonly Setting[], to: Output, owed: Owed[], from: Output): FrameError | undefined => {
  if (settings.length === 0 && !owed.includes('relayed')) {
    from.write(settingsAckFrame());
    return undefined;
  }
  to.write(settingsFrame(settings));
  owed.push('relayed');
  return owed.length <= pendingMax
    ? undefined
    : { code: http2Error.enhanceYourCalm, message: `more than ${pendingMax} SETTINGS were not acknowledged` };
};
