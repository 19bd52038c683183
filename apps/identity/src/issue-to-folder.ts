import {
  createKeyAndRequest,
  checkRequest,
  issueCertificate,
  parseIdentityName,
  pemOfChain,
  type State,
} from '@doorward/mtls';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityDefaults } from './options.js';

/** The identity that was asked for is no name; the message says what one looks like. */
export class NotAName extends Error {
  override readonly name = 'NotAName';
}

export interface IssueToFolderOptions {
  /** A DNS name in lower case, or a URI. */
  readonly identity: string;
  readonly outDir: string;
  readonly lifetimeSec: number;
}

export interface IssuedFiles {
  /** The leaf, then its chain. */
  readonly certFile: string;
  /** PKCS#8, readable by its owner only. */
  readonly keyFile: string;
  /** The trust anchor. */
  readonly caFile: string;
  readonly expires: Date;
}

/**
 * A key and certificate as files, for programs that speak mesh TLS by themselves. Files of the same name are replaced, each as a
 * whole.
 *
 * @throws NotAName when `identity` is none, AuthorityNotValid, or the file system's error
 */
export async function issueToFolder(state: Pick<State, 'ca'>, options: IssueToFolderOptions): Promise<IssuedFiles> {
  const { outDir, lifetimeSec } = options;
  const identity = parseIdentityName(options.identity);
  if (identity === undefined || identity.name !== options.identity)
    throw new NotAName(`\`${options.identity}\` is neither a DNS name in lower case nor a normalized URI`);
  const { keyPem, csrDer } = createKeyAndRequest(identity.name);
  const request = checkRequest(csrDer, identity);
  if (request.kind !== 'ok') throw new Error(`our own request was refused: ${request.reason}`);
  const { clockSkewSec } = identityDefaults;
  const issued = issueCertificate(state.ca, { publicKey: request.publicKey, identity, lifetimeSec, clockSkewSec });
  const files = {
    certFile: join(outDir, 'tls.crt'),
    keyFile: join(outDir, 'tls.key'),
    caFile: join(outDir, 'ca.crt'),
    expires: issued.notAfter,
  };
  await mkdir(outDir, { recursive: true });
  await replaceFile(files.caFile, state.ca.certPem, 0o644);
  await replaceFile(files.keyFile, keyPem, 0o600);
  await replaceFile(files.certFile, pemOfChain([issued.leafDer, ...issued.chainDer]), 0o644);
  return files;
}

async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
