/**
 * The emoji service: the catalogue by gRPC, and the emoji of the day over a bare TCP port.
 */
import { status } from '@grpc/grpc-js';
import type { Address } from './address.js';
import { catalogue, findByShortcode } from './catalogue.js';
import { EmojiService } from './generated/emojivoto/v1/emoji_pb.js';
import { answer, closeGrpc, listenGrpc, makeServer, Refusal } from './grpc.js';
import { startLineServer } from './line-server.js';

export interface EmojiOptions {
  /** Where EmojiService listens. */
  readonly listen: Address;
  /** Where the line protocol listens. */
  readonly rawListen: Address;
  /** Milliseconds since the epoch; Date.now where nothing is given. */
  readonly nowMs?: () => number;
}

export interface EmojiApp {
  readonly address: Address;
  readonly rawAddress: Address;
  readonly close: () => Promise<void>;
}

/** Rejects when an address can't be listened on. */
export async function startEmoji({ listen, rawListen, nowMs = Date.now }: EmojiOptions): Promise<EmojiApp> {
  const server = makeServer();
  const { listAll, findByShortcode: find } = EmojiService.method;
  answer(server, listAll, () => ({ list: [...catalogue] }));
  answer(server, find, ({ shortcode }) => {
    const emoji = findByShortcode(shortcode);
    if (emoji === undefined) throw new Refusal(status.NOT_FOUND, 'no emoji has this shortcode');
    return { emoji };
  });
  const raw = await startLineServer({ listen: rawListen, nowMs });
  try {
    const address = await listenGrpc(server, listen);
    return {
      address,
      rawAddress: raw.address,
      close: async () => {
        await Promise.all([closeGrpc(server), raw.close()]);
      },
    };
  } catch (error) {
    await raw.close();
    throw error;
  }
}
