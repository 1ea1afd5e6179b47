import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keep } from '../harness/store/cache.ts';

/** How the lab and its guests know each other. One set per lab home; ed25519 only. */
export interface LabKeys {
  /** The client's private key, OpenSSH's form, as ssh2 takes it. */
  readonly clientKey: string;
  /** The line for the guest's authorized_keys. */
  readonly clientPublicKey: string;
  /** The guest's host key in dropbear's own file format. */
  readonly hostPrivateKey: Uint8Array;
  /** The guest's public host key, base64 of the SSH wire form: what ssh2's hostVerifier is given. */
  readonly hostKey: string;
}

/** A host key in the two forms that matter: dropbear's file and the wire. */
export interface HostKey {
  readonly dropbear: Uint8Array;
  readonly wire: Uint8Array;
}

const algorithm = 'ssh-ed25519';

/**
 * Returns the lab's keys, made at the first call. A damaged set is replaced by a new one;
 * images with the old one have another cache key, so nothing is left that would mismatch.
 */
export async function ensureKeys(folder: string): Promise<LabKeys> {
  const { path } = await keep(folder, 'ssh', async (fresh) => {
    const client = makeClientKey('cr-lab');
    const host = makeHostKey();
    const secret = { mode: 0o600 };
    await writeFile(join(fresh, 'client'), client.private, secret);
    await writeFile(join(fresh, 'client.pub'), `${client.public}\n`);
    await writeFile(join(fresh, 'host'), host.dropbear, secret);
    await writeFile(join(fresh, 'host.pub'), `${Buffer.from(host.wire).toString('base64')}\n`);
  });
  const [clientKey, clientPublicKey, hostPrivateKey, hostKey] = await Promise.all([
    readFile(join(path, 'client'), 'utf8'),
    readFile(join(path, 'client.pub'), 'utf8'),
    readFile(join(path, 'host')),
    readFile(join(path, 'host.pub'), 'utf8'),
  ]);
  return { clientKey, clientPublicKey, hostPrivateKey, hostKey: hostKey.trim() };
}

/** Returns a new ed25519 host key, or the one with that private key (JWK `d` and `x`). */
export function makeHostKey(
  jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
): HostKey {
  const { pair, wire } = partsOf(jwk);
  return {
    // Dropbear stores the seed and the public point as one string of 64 bytes.
    dropbear: Buffer.concat([sshString(algorithm), sshString(pair)]),
    wire,
  };
}

/** A key pair as OpenSSH's tools write it. */
export interface ClientKey {
  readonly private: string;
  readonly public: string;
}

/**
 * Returns a new ed25519 key pair, or the one with that private key (JWK `d` and `x`), in
 * OpenSSH's forms (PROTOCOL.key). ssh2's own generator drops zero bytes at a key's front:
 * one pair in 256 cannot be read back.
 */
export function makeClientKey(
  comment: string,
  jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
): ClientKey {
  const { pair, wire } = partsOf(jwk);
  const one = Buffer.from([0, 0, 0, 1]);
  const secret = Buffer.concat([
    // Twice the same number: who decrypts with a wrong passphrase would see two.
    ...[one, one, wire],
    ...[sshString(pair), sshString(comment)],
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8);
  const body = Buffer.concat([
    ...[Buffer.from('openssh-key-v1\0'), sshString('none'), sshString('none'), sshString('')],
    ...[one, sshString(wire), sshString(Buffer.concat([secret, padding]))],
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  const name = 'OPENSSH PRIVATE KEY';
  return {
    private: [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ''].join('\n'),
    public: `${algorithm} ${wire.toString('base64')} ${comment}`,
  };
}

/** The seed with the public point after it, and the public key in SSH's wire form. */
function partsOf(jwk: { readonly d?: string; readonly x?: string }) {
  const seed = Buffer.from(jwk.d ?? '', 'base64url');
  const point = Buffer.from(jwk.x ?? '', 'base64url');
  return {
    pair: Buffer.concat([seed, point]),
    wire: Buffer.concat([sshString(algorithm), sshString(point)]),
  };
}

// RFC 4251, section 5: a length in four bytes, then that many bytes.
function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
