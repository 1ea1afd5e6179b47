import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import ssh2 from 'ssh2';
import { ensureKeys, makeClientKey, makeHostKey } from '../../rootfs/keys.ts';

// The first test vector of RFC 8032, section 7.1.
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const point = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const asJwk = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

describe('makeHostKey', () => {
  const key = makeHostKey({ d: asJwk(seed), x: asJwk(point) });

  it("writes dropbear's own format", () => {
    const name = Buffer.from('ssh-ed25519').toString('hex');
    const expected = `0000000b${name}00000040${seed}${point}`;
    assert.equal(Buffer.from(key.dropbear).toString('hex'), expected);
  });

  it('gives the public key as it goes over the wire', () => {
    const name = Buffer.from('ssh-ed25519').toString('hex');
    assert.equal(Buffer.from(key.wire).toString('hex'), `0000000b${name}00000020${point}`);
  });

  it('makes another one each time', () => {
    const sum = () => createHash('sha256').update(makeHostKey().wire).digest('hex');
    assert.notEqual(sum(), sum());
  });
});

describe('ensureKeys', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cr-lab-keys-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('makes keys that ssh2 reads, and keeps them', async () => {
    const first = await ensureKeys(folder);
    const parsed = ssh2.utils.parseKey(first.clientKey);
    assert.ok(!(parsed instanceof Error));
    assert.equal(parsed.type, 'ssh-ed25519');
    const [algorithm, base64] = first.clientPublicKey.split(' ');
    assert.equal(algorithm, 'ssh-ed25519');
    assert.equal(base64, parsed.getPublicSSH().toString('base64'));
    assert.deepEqual(await ensureKeys(folder), first);
  });

  it('gives the public half of the host key that the guest gets', async () => {
    const { hostKey, hostPrivateKey } = await ensureKeys(folder);
    const point = Buffer.from(hostPrivateKey).subarray(-32);
    assert.deepEqual(Buffer.from(hostKey, 'base64').subarray(-32), point);
  });

  it('keeps private keys from others', async () => {
    await ensureKeys(folder);
    for (const name of ['client', 'host'])
      assert.equal((await stat(join(folder, 'ssh', name))).mode & 0o077, 0, name);
  });

  it('replaces a damaged set', async () => {
    const first = await ensureKeys(folder);
    const file = join(folder, 'ssh', 'host');
    await writeFile(file, (await readFile(file)).fill(0, 20, 30));
    assert.notEqual((await ensureKeys(folder)).hostKey, first.hostKey);
  });
});

describe('a client key', () => {
  const zeroFirst = () => {
    for (;;) {
      const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      if (Buffer.from(jwk.x ?? '', 'base64url')[0] === 0) return jwk;
    }
  };

  for (const [name, jwk] of [
    ['any', undefined],
    ['one that begins with a zero byte', zeroFirst()],
  ] as const) {
    it(`${name}: ssh2 reads both halves, and they belong together`, () => {
      const key = makeClientKey('somebody', jwk);
      const whole = ssh2.utils.parseKey(key.private);
      const half = ssh2.utils.parseKey(key.public);
      assert.ok(!(whole instanceof Error) && !(half instanceof Error));
      assert.deepEqual(whole.getPublicSSH(), half.getPublicSSH());
      const signature = whole.sign(Buffer.from('text'));
      assert.ok(Buffer.isBuffer(signature));
      assert.equal(half.verify(Buffer.from('text'), signature), true);
      assert.equal(whole.comment, 'somebody');
    });
  }
});
