import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { makeHome, pathOfOwn, type TestHome } from '../../rootfs/built.ts';

let home: TestHome;
let fuzz = '';
let corpus = '';
let out = '';
before(async () => {
  home = await makeHome();
  fuzz = await pathOfOwn(home, 'fuzz');
  corpus = await mkdtemp(join(tmpdir(), 'cr-lab-corpus-'));
  out = await mkdtemp(join(tmpdir(), 'cr-lab-mutants-'));
  await writeFile(join(corpus, 'root-one'), image(20));
  await writeFile(join(corpus, 'user-two'), image(31));
});
after(async () => {
  await Promise.all([corpus, out].map((folder) => rm(folder, { recursive: true })));
  await home.remove();
});

/** Something of the form of an image: header, mappings with pages, tail. */
function image(mappings: number): Buffer {
  const objects = [object(1, Buffer.alloc(40, 1)), object(401, Buffer.alloc(96, 2))];
  for (let index = 0; index < mappings; index++)
    objects.push(object(402, Buffer.alloc(48, index)), object(3, Buffer.alloc(65, index)));
  return Buffer.concat([...objects, object(9001, Buffer.alloc(8, 3))]);
}

function object(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(type);
  header.writeUInt32LE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function show(index: number, ...more: readonly string[]) {
  return showOf('7', index, more);
}

async function showOf(seed: string, index: number, more: readonly string[] = []) {
  const words = ['--corpus', corpus, '--seed', seed, '--from', String(index), '--out', out];
  const { stdout } = await execa(fuzz, ['show', ...words, ...more]);
  const lines = stdout.split('\n');
  return {
    mutations: lines.filter((line) => line.startsWith('mutation ')),
    words: lines.filter((line) => line.startsWith('words ')),
    mutant: await readFile(join(out, 'mutant')),
    original: (line: string) => readFile(join(out, /--image (\S+)/.exec(line)?.[1] ?? '')),
  };
}

describe('fuzz', () => {
  it('makes the same mutant of a number each time, and others of others', async () => {
    const first = await show(12);
    const again = await show(12);
    assert.deepEqual(again.mutant, first.mutant);
    assert.deepEqual(again.mutations, first.mutations);
    const found = new Set<string>();
    for (let index = 0; index < 40; index++)
      found.add((await show(index)).mutant.toString('base64'));
    assert.ok(found.size > 30, `${found.size} of 40 are different`);
  });

  it('applies the mutations that it is told to, and no other', async () => {
    let index = 0;
    let whole = await show(index);
    while (whole.mutations.length < 3) whole = await show((index += 1));
    const first = await show(index, '--only', '0');
    assert.deepEqual(first.mutations, whole.mutations.slice(0, 1));
    assert.notDeepEqual(first.mutant, whole.mutant);
    const none = await show(index, '--only', '7');
    assert.deepEqual(none.mutations, []);
    assert.deepEqual(none.mutant, await none.original(none.words[0] ?? ''));
  });

  it('makes a mutant of each kind, and none that it can not write', async () => {
    const kinds = [
      / bytes 0x/,
      / bytes of #/,
      / \d+ bits$/,
      / says length /,
      / bytes long, was /,
      /: is /,
      / objects out/,
      / again before /,
      / changes places /,
      /: that of |before it \d+ objects of|from there on/,
      / cut off /,
    ];
    const seen = new Set<RegExp>();
    for (let index = 0; index < 200 && seen.size < kinds.length; index++)
      for (const text of (await show(index)).mutations)
        for (const kind of kinds) if (kind.test(text)) seen.add(kind);
    assert.deepEqual(
      kinds.filter((kind) => !seen.has(kind)),
      [],
    );
  });

  it('leaves images as they are where an allocation is to fail', async () => {
    for (const [index, image, nth] of [
      [0, 'root-one', 1],
      [4095, 'root-one', 4096],
      [4096 + 16, 'user-two', 17],
    ] as const) {
      const { mutations, words, mutant } = await showOf('0', index);
      assert.deepEqual(mutations, [`mutation 0 allocation ${nth} fails`]);
      assert.match(words[0] ?? '', new RegExp(`--image ${image} .* --failing ${nth}$`));
      assert.deepEqual(mutant, await readFile(join(corpus, image)));
    }
  });

  it('says what it is not', async () => {
    await writeFile(join(out, 'root-none'), 'this is no image');
    const words = ['--corpus', out, '--seed', '1', '--from', '0'];
    const { exitCode, stderr } = await execa(fuzz, ['show', ...words], { reject: false });
    assert.equal(exitCode, 3);
    assert.match(stderr, /root-none is no image/);
    const { exitCode: misused } = await execa(fuzz, ['show', '--seed', 'x'], { reject: false });
    assert.equal(misused, 2);
  });
});
