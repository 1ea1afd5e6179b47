import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { packCpio } from '../../rootfs/cpio.ts';
import type { CpioEntry } from '../../rootfs/cpio.ts';

const entries: readonly CpioEntry[] = [
  { kind: 'file', name: 'bin/tool', data: 'hello', mode: 0o755 },
  { kind: 'folder', name: 'bin' },
  { kind: 'link', name: 'bin/alias', target: 'tool' },
  { kind: 'device', name: 'dev/null', major: 1, minor: 3, mode: 0o666 },
  { kind: 'folder', name: 'dev' },
];

describe('packCpio', () => {
  it('writes the newc header byte for byte', () => {
    const text = Buffer.from(packCpio([{ kind: 'file', name: 'a', data: 'xy' }])).toString(
      'latin1',
    );
    const fields = [
      '070701',
      '00000001', // inode
      '000081a4', // regular file, 0644
      '00000000', // uid
      '00000000', // gid
      '00000001', // links
      '00000000', // mtime
      '00000002', // size
      '00000000', // device
      '00000000',
      '00000000', // rdev
      '00000000',
      '00000002', // name with its NUL
      '00000000', // checksum
    ];
    // 110 + 2 bytes are a multiple of four already; two bytes of data are padded.
    assert.equal(text.slice(0, 116), `${fields.join('')}a\0xy\0\0`);
    assert.ok(text.slice(116).startsWith('070701'));
    assert.ok(text.includes('TRAILER!!!\0'));
  });

  it('sorts, so that a folder comes before what is in it', async () => {
    const { stdout } = await execa('cpio', ['-t', '--quiet'], { input: packCpio(entries) });
    assert.deepEqual(stdout.split('\n'), ['bin', 'bin/alias', 'bin/tool', 'dev', 'dev/null']);
  });

  it('is read by cpio with modes, owner, device numbers and link target', async () => {
    const { stdout } = await execa('cpio', ['-tvn', '--quiet'], {
      input: packCpio(entries),
      env: { TZ: 'UTC', LC_ALL: 'C' },
    });
    const lines = stdout.split('\n').map((line) => line.replace(/\s+/g, ' '));
    assert.match(lines[0] ?? '', /^drwxr-xr-x 2 0 0 0 Jan 1 1970 bin$/);
    assert.match(lines[1] ?? '', /^lrwxrwxrwx 1 0 0 4 Jan 1 1970 bin\/alias -> tool$/);
    assert.match(lines[2] ?? '', /^-rwxr-xr-x 1 0 0 5 Jan 1 1970 bin\/tool$/);
    assert.match(lines[4] ?? '', /^crw-rw-rw- 1 0 0 1, 3 Jan 1 1970 dev\/null$/);
  });

  it('gives the same bytes whatever the order of the entries', () => {
    assert.deepEqual(packCpio(entries), packCpio([...entries].reverse()));
  });

  for (const name of ['', '/etc', 'a//b', '../up', 'a/./b', 'a/'])
    it(`refuses the name '${name}'`, () => {
      assert.throws(() => packCpio([{ kind: 'folder', name }]), RangeError);
    });

  it('refuses a name given twice', () => {
    const twice: CpioEntry[] = [
      { kind: 'folder', name: 'a' },
      { kind: 'file', name: 'a', data: '' },
    ];
    assert.throws(() => packCpio(twice), /two members called 'a'/);
  });
});
