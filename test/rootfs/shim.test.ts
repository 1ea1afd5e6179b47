import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { makeHome, pathOfProgram } from './built.ts';
import type { TestHome } from './built.ts';

let home: TestHome;
let shim = '';
let folder = '';

before(async () => {
  home = await makeHome();
  shim = await pathOfProgram(home, 'shim');
  folder = join(home.context.scratch, 'files');
  await mkdir(folder);
});
after(() => home.remove());

interface Run {
  readonly status: number | undefined;
  readonly answer: Readonly<Record<string, unknown>>;
}

async function run(...args: (string | Uint8Array)[]): Promise<Run> {
  const words = args.map((word) => (typeof word === 'string' ? word : Buffer.from(word)));
  // Words that are no UTF-8 go through printf: Node's argv is text.
  const script = words
    .map((word) =>
      typeof word === 'string'
        ? `'${word.replaceAll("'", `'\\''`)}'`
        : `"$(printf '${[...word].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}')"`,
    )
    .join(' ');
  const { stdout, exitCode } = await execa('sh', ['-c', `exec '${shim}' ${script}`], {
    reject: false,
  });
  assert.equal(stdout.split('\n').length, 1, 'one line');
  return { status: exitCode, answer: JSON.parse(stdout) as Run['answer'] };
}

describe('a system call that this kernel does not have', () => {
  for (const to of [
    ['--out', '@/image'],
    ['--pipe'],
    ['--pipe-closed'],
    ['--closed-fd'],
    ['--readonly', '@/read-only'],
    ['--pipe', '--out', '@/piped'],
  ])
    it(`checkpoint ${to.join(' ')}: ENOSYS, status 0`, async () => {
      const places = to.map((word) => word.replace('@', folder));
      const { status, answer } = await run('checkpoint', '--pid', '1', ...places, '--flags', '1');
      assert.equal(status, 0);
      assert.equal(answer['ret'], -1);
      assert.equal(answer['errno'], 'ENOSYS');
      assert.equal(answer['status'], 0);
      assert.equal(answer['signal'], null);
      assert.equal(answer['timeout'], false);
    });

  it('restart: the same', async () => {
    await writeFile(`${folder}/empty`, '');
    const { answer } = await run('restart', '--in', `${folder}/empty`);
    assert.equal(answer['errno'], 'ENOSYS');
  });

  it('repeat counts', async () => {
    const call = ['checkpoint', '--pid', '-5', '--out', `${folder}/image`];
    const { answer } = await run('repeat', '50', '--', ...call);
    assert.deepEqual(answer['counts'], { ENOSYS: 50 });
  });

  it('what the caller cannot get ready for is no answer of the kernel', async () => {
    const place = ['--out', `${folder}/image`, '--chroot', `${folder}/nowhere`];
    const { status, answer } = await run('checkpoint', '--self', ...place);
    assert.equal(status, 1);
    assert.match(String(answer['error']), /nowhere/);
    assert.ok(!('ret' in answer));
  });
});

describe('usage', () => {
  for (const words of [
    ['frobnicate'],
    ['checkpoint', '--pid', '1'],
    ['checkpoint', '--out', 'x'],
    ['checkpoint', '--pid', '1', '--self', '--out', 'x'],
    ['checkpoint', '--pid', 'one', '--out', 'x'],
    ['checkpoint', '--pid', '1', '--out', 'x', '--fd', '1'],
    ['checkpoint', '--pid', '1', '--in', 'x'],
    ['checkpoint', '--pid', '1', '--out'],
    ['checkpoint', '--pid', '1', '--out', 'x', '--frob'],
    ['repeat', '1', '--', 'checkpoint'],
    ['repeat', '5', '--', 'poweroff'],
    ['freeze'],
    ['freeze', '-1'],
    ['signal', '1', 'SIGNONSENSE'],
    ['write', 'x', '!', '--base64'],
    ['clone', '5'],
    ['clone', '--pids'],
    ['disk', 'ext2', '64', 'x'],
    ['disk', 'vfat', '64', 'x', 'y'],
    ['disk', 'ext2', 'many', 'x', 'y'],
  ])
    it(`${words.join(' ')}: status 2 and a reason`, async () => {
      const { status, answer } = await run(...words);
      assert.equal(status, 2);
      assert.equal(typeof answer['usage'], 'string');
    });
});

describe('JSON', () => {
  it('holds for hostile file names', async () => {
    const hostile = Buffer.from('q"\\\x01\x7f\xff\xc3\xa9\xed\xa0\x80\xf5', 'latin1');
    const { status, answer } = await run(
      'read',
      Buffer.concat([Buffer.from('/nowhere/'), hostile]),
    );
    assert.equal(status, 1);
    assert.equal(answer['errno'], 'ENOENT');
    // UTF-8 comes through; surrogates and stray bytes as the code points of their values.
    assert.ok(
      String(answer['error']).startsWith('/nowhere/q"\\\x01\x7f\u00ffé\u00ed\u00a0\u0080\u00f5'),
    );
  });

  it('tells the name of a task, brackets and all', async () => {
    const name = ') R 1 (';
    const child = execa('sh', ['-c', `printf '${name}' > /proc/self/comm; read line`]);
    const { answer } = await run('state', String(child.pid));
    child.stdin.end('\n');
    await child;
    assert.equal(answer['exists'], true);
    assert.equal(answer['ppid'], process.pid);
  });
});

describe('files', () => {
  it('writes and reads any bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const path = `${folder}/bytes`;
    for (const length of [256, 255, 254]) {
      const data = bytes.subarray(0, length).toString('base64');
      assert.equal((await run('write', path, data, '--base64')).answer['ret'], length);
      const { answer } = await run('read', path);
      assert.equal(answer['data'], data);
      assert.equal(answer['end'], true);
    }
  });

  it('appends, and writes at an offset', async () => {
    const path = `${folder}/text`;
    await run('write', path, 'abcdef');
    await run('write', path, 'gh', '--append');
    await run('write', path, 'XY', '--offset', '2');
    assert.equal(await readFile(path, 'utf8'), 'abXYefgh');
    const { answer } = await run('read', path, '--offset', '2', '--length', '3');
    assert.equal(Buffer.from(String(answer['data']), 'base64').toString(), 'XYe');
    assert.equal(answer['end'], false);
  });

  it('reads what the kernel makes up as it reads any file', async () => {
    // Asked for megabytes at once, kernels since 5.8 say ENOMEM.
    for (const path of ['/proc/sys/kernel/osrelease', '/proc/self/maps', '/proc/cpuinfo']) {
      const { answer } = await run('read', path);
      assert.deepEqual([answer['errno'], answer['end']], [undefined, true], path);
      assert.ok(Number(answer['length']) > 0, path);
    }
  });

  it('reads a file that is longer than one piece', async () => {
    const path = `${folder}/long`;
    const bytes = Buffer.alloc(200_000, 'seventeen bytes. ');
    await writeFile(path, bytes);
    const { answer } = await run('read', path, '--length', '150000');
    assert.equal(answer['end'], false);
    assert.ok(Buffer.from(String(answer['data']), 'base64').equals(bytes.subarray(0, 150_000)));
  });

  it('an image that can not be read as it goes into a pipe is an error, not a short one', async () => {
    const { status, answer } = await run('restart', '--pipe', '--in', folder);
    assert.deepEqual([status, answer['errno']], [1, 'EISDIR']);
  });

  it('makes folders with their parents, and removes them with what is in them', async () => {
    const path = `${folder}/a/b/c`;
    assert.equal((await run('mkdir', path, '--mode', '0777')).status, 0);
    assert.equal((await stat(path)).mode & 0o777, 0o777);
    await writeFile(`${path}/file`, '');
    assert.equal((await run('rm', `${folder}/a`)).status, 0);
    assert.deepEqual((await run('stat', `${folder}/a`)).answer, { cmd: 'stat', exists: false });
  });

  it('removes a link, not what it points at', async () => {
    const kept = `${folder}/kept`;
    await writeFile(kept, '');
    await execa('ln', ['-s', kept, `${folder}/link`]);
    await run('rm', `${folder}/link`);
    assert.equal((await run('stat', kept)).answer['exists'], true);
  });
});

describe('pids', () => {
  it('names one that is nobody', async () => {
    const { answer } = await run('pids');
    assert.ok(Array.isArray(answer['pids']) && answer['pids'].includes(process.pid));
    assert.equal((await run('state', String(answer['unused']))).answer['exists'], false);
  });
});
