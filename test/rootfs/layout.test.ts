import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packCpio } from '../../rootfs/cpio.ts';
import { layOut } from '../../rootfs/layout.ts';

const keys = {
  clientKey: 'secret of the client',
  clientPublicKey: 'ssh-ed25519 AAAA cr-lab\n',
  hostPrivateKey: Buffer.from('secret of the host'),
  hostKey: 'AAAA',
};
const programs = ['init', 'shim', 'busybox', 'dropbear'].map((name) => ({
  name,
  data: Buffer.from(`program ${name}`),
}));
const entries = layOut(programs, ['ls', 'sh', 'shim'], keys);
const find = (name: string) => entries.find((entry) => entry.name === name);

describe('layOut', () => {
  it('puts programs where the guest looks for them, executable', () => {
    for (const name of ['init', 'bin/shim', 'bin/busybox', 'sbin/dropbear']) {
      const entry = find(name);
      assert.ok(entry?.kind === 'file' && entry.mode === 0o755, name);
    }
  });

  it("links busybox's applets, but none over a program of the lab's", () => {
    assert.deepEqual(find('bin/sh'), { kind: 'link', name: 'bin/sh', target: 'busybox' });
    assert.equal(find('bin/shim')?.kind, 'file');
  });

  it('has the console that the kernel opens for init', () => {
    const entry = find('dev/console');
    assert.ok(entry?.kind === 'device' && entry.major === 5 && entry.minor === 1);
  });

  it('carries the public half of the client key only', () => {
    const bytes = Buffer.from(packCpio(entries)).toString('latin1');
    assert.ok(bytes.includes(keys.clientPublicKey));
    assert.ok(!bytes.includes(keys.clientKey));
  });

  it('keeps the files that dropbear insists on being private', () => {
    for (const name of ['root/.ssh/authorized_keys', 'etc/dropbear/host_key'])
      assert.equal((find(name) as { mode: number }).mode, 0o600, name);
    assert.equal((find('root/.ssh') as { mode: number }).mode, 0o700);
  });
});
