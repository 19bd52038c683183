/**
 * The folder in which an installation keeps its CA: made on first use, read ever after.
 *
 *   ca.crt     the root certificate, which every workload trusts
 *   ca.key     its key (0600)
 *   token.key  signs join tokens (0600)
 */
import { X509Certificate, createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createRootCertificate, type CertificateAuthority } from './certificate.js';

export interface State {
  readonly dir: string;
  /** The CA was made by this call. */
  readonly isNew: boolean;
  /** What was found too open and closed: `ca.key was readable by others (mode 644); now 600`. Worth a warning in the log. */
  readonly repairs: readonly string[];
  readonly ca: CertificateAuthority;
  /** Ed25519. */
  readonly tokenKey: KeyObject;
}

export interface StateOptions {
  /** Only for a new CA: its common name becomes `root.linkerd.TRUST_DOMAIN`. Default `cluster.local`. */
  readonly trustDomain?: string;
  /** Refuse to begin a CA: for commands that are of use only with the one that others trust already. */
  readonly mustExist?: boolean;
  /** Defaults to the current time. */
  readonly now?: Date;
}

/** The folder can't be used; the message names the file and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

const folderMode = 0o700;
const keyMode = 0o600;
const certMode = 0o644;

/**
 * Open the state folder, and make what it lacks. Any number of processes may do so at the same time: the first to put a file in
 * place decides, the others take what is there.
 *
 * @throws StateError
 */
export async function openState(dir: string, options: StateOptions = {}): Promise<State> {
  const { trustDomain = 'cluster.local', mustExist = false, now = new Date() } = options;
  const certFile = join(dir, 'ca.crt');
  const keyFile = join(dir, 'ca.key');
  if (mustExist && (await readIfThere(keyFile)) === undefined) {
    throw new StateError(
      `there is no CA in ${dir}: name the folder that \`doorward up\` or \`doorward identity\` uses (--state)`,
    );
  }
  await makeFolder(dir);
  for (const path of [dir, keyFile, join(dir, 'token.key')]) await checkOwner(path);

  let caKeyPem = await readIfThere(keyFile);
  if (caKeyPem === undefined) {
    if ((await readIfThere(certFile)) !== undefined && (await readIfThere(keyFile)) === undefined) {
      throw new StateError(
        `${keyFile} is missing beside ${certFile}: put it back, or remove ${certFile} to begin a new CA (all workloads then need the new one)`,
      );
    }
    caKeyPem = await putInPlace(keyFile, newKeyPem('ec'), keyMode);
  }
  const privateKey = parseKey(keyFile, caKeyPem);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new StateError(
      `${keyFile} is no P-256 key: put the CA's key there, or remove ${keyFile} and ${certFile} to begin a new CA`,
    );
  }

  const present = await readIfThere(certFile);
  // A certificate lost while its key is there can be made again: what was issued still verifies.
  const certPem =
    present ??
    (await putInPlace(certFile, createRootCertificate(privateKey, `root.linkerd.${trustDomain}`, now), certMode));
  const ca = parseAuthority(certFile, certPem, privateKey);

  const tokenFile = join(dir, 'token.key');
  const tokenKeyPem = (await readIfThere(tokenFile)) ?? (await putInPlace(tokenFile, newKeyPem('ed25519'), keyMode));
  const tokenKey = parseKey(tokenFile, tokenKeyPem);
  if (tokenKey.asymmetricKeyType !== 'ed25519') {
    throw new StateError(
      `${tokenFile} is no Ed25519 key: remove it to begin a new one (join tokens have to be made anew)`,
    );
  }

  const repairs = [
    await closeMode(dir, folderMode),
    await closeMode(keyFile, keyMode),
    await closeMode(tokenFile, keyMode),
  ].filter((repair) => repair !== undefined);
  return { dir, isNew: present === undefined, repairs, ca, tokenKey };
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: folderMode });
  } catch (error) {
    throw fileError(dir, 'cannot be made', error);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileError(file, 'cannot be read', error);
  }
}

/**
 * Write a file that appears whole or not at all, and only if no other process was faster; its text, or the other's. The name is
 * given by a link, which fails if it is taken, where a rename would replace a key that is already in use.
 */
async function putInPlace(file: string, text: string, mode: number): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      await link(draft, file);
      return text;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      return await readFile(file, 'utf8');
    } finally {
      await unlink(draft);
    }
  } catch (error) {
    throw fileError(file, 'cannot be written', error);
  }
}

/** A key in somebody else's file is somebody else's key, whatever its mode: who owns it can read it, and can put another in its place. */
async function checkOwner(path: string): Promise<void> {
  // Where there are no user ids (Windows) there is nothing to compare.
  const user = process.getuid?.();
  if (user === undefined) return;
  let owner: number;
  try {
    owner = (await stat(path)).uid;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw fileError(path, 'cannot be looked at', error);
  }
  if (owner !== user) {
    throw new StateError(
      `${path} belongs to another user (uid ${owner}, not ${user}): run as its owner, or name another folder`,
    );
  }
}

/** Take permissions away that nobody but the owner should have; what was done, if anything. */
async function closeMode(path: string, wanted: number): Promise<string | undefined> {
  try {
    const mode = (await stat(path)).mode & 0o777;
    if ((mode & ~wanted) === 0) return undefined;
    await chmod(path, wanted);
    return `${path} was open to others (mode ${mode.toString(8)}); it is ${wanted.toString(8)} now`;
  } catch (error) {
    throw fileError(
      path,
      `is open to others and cannot be closed; \`chmod ${wanted.toString(8)} ${path}\` as its owner`,
      error,
    );
  }
}

function newKeyPem(type: 'ec' | 'ed25519'): string {
  const { privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function parseKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new StateError(`${file} holds no private key in PEM: put it back from a backup, or remove it to begin anew`, {
      cause: error,
    });
  }
}

function parseAuthority(file: string, certPem: string, privateKey: KeyObject): CertificateAuthority {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
  } catch (error) {
    throw new StateError(`${file} holds no certificate in PEM: remove it, and it is made again from ca.key`, {
      cause: error,
    });
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StateError(`${file} belongs to another key than ca.key beside it: put the right one back, or remove it`);
  }
  if (!certificate.ca)
    throw new StateError(`${file} is no certificate of a CA: remove it, and it is made again from ca.key`);
  return {
    certPem: certificate.toString(),
    certDer: certificate.raw,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    privateKey,
  };
}

function fileError(path: string, what: string, error: unknown): StateError {
  const code = errorCode(error);
  const why =
    code === 'EACCES' || code === 'EPERM'
      ? 'permission denied; run as the user who owns it, or name another folder'
      : error instanceof Error
        ? error.message
        : String(error);
  return new StateError(`${path} ${what}: ${why}`, { cause: error });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
