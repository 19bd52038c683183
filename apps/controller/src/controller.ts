import { openFolder } from '@doorward/folder';
import { PolicyIndex } from '@doorward/index';
import { formatHostPort, listenGrpc, type HostPort, type Log } from '@doorward/telemetry';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { FolderFeed } from './folder-feed.js';
import type { ControllerOptions } from './options.js';
import { PolicyService, serverLimits } from './policy-service.js';

export interface RunningController {
  /** Where it listens: port 0 has become a real one. */
  readonly address: HostPort;
  readonly index: PolicyIndex;
  /** Ends every stream with OK, stops listening and watching, and resolves when all is closed. */
  close(): Promise<void>;
}

/**
 * Serve the policy of a folder until closed. Nothing is answered before the folder has been read, so that a proxy's first question
 * doesn't find an empty index (docs/spec/control-plane.md §9 Q26).
 *
 * @throws ListenError, or an error that names the folder that cannot be read
 */
export async function runController(options: ControllerOptions, log: Log): Promise<RunningController> {
  const folder = await openFolder(options.resources);
  const index = new PolicyIndex(options.cluster);
  const feed = new FolderFeed(index, log);
  const unsubscribe = folder.onChange((change) => {
    // The folder's reader must go on whatever becomes of one change.
    try {
      feed.apply(change);
    } catch (error) {
      log.error({ event: 'controller.fault', error: String(error) }, 'a change of the folder could not be taken in');
    }
  });
  feed.load(folder.current);

  // The library writes its own lines to stderr; whatever matters of them comes back as an error and is told once.
  setLogVerbosity(logVerbosity.NONE);
  const service = new PolicyService(index);
  const server = new Server(serverLimits);
  service.addTo(server);
  const stopFeed = async (): Promise<void> => {
    unsubscribe();
    feed.close();
    await folder.close();
  };

  let address: HostPort;
  try {
    address = await listenGrpc(
      server,
      ServerCredentials.createInsecure(),
      options.grpcAddr,
      'the policy API (--grpc-addr)',
    );
  } catch (error) {
    server.forceShutdown();
    await stopFeed();
    throw error;
  }
  log.info(
    { event: 'controller.listening', address: formatHostPort(address) },
    `listening on ${formatHostPort(address)}`,
  );

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing ??= (async () => {
      service.drain();
      await shutDown(server, options.shutdownGraceMs);
      await stopFeed();
    })();
    return closing;
  };
  return { address, index, close };
}

/** Lets clients take their last message; who doesn't within the time given is cut off. */
async function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
