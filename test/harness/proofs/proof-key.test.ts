import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import type { GuestOptions } from '../../../harness/guest/boot-guest.ts';
import { agreeing, readJudgeKey, readProofKeys } from '../../../harness/proofs/proof-key.ts';

// No base's image: what a guest is made of has a key of its own, and needs QEMU to tell it.
const guests = { images: [] } as unknown as GuestOptions;
const choices = { isolation: 'file', deadline: undefined } as const;
const house = {
  'harness/results/verdict.ts': 'judge',
  'harness/report/html.ts': 'page',
  'qemu/console.ts': 'watch',
  'cases/support/tasks.ts': 'words',
  'cases/cr/verbs.ts': 'verbs',
  'lab.config.ts': 'project',
  'package-lock.json': '{}',
  'cases/a.ts': 'a',
  'cases/b.ts': 'b',
  'docs/ci.md': 'text',
};

type Write = (name: string, text: string) => Promise<void>;

const inHouse = (work: (root: string, write: Write) => Promise<void>) =>
  withDir(
    async ({ path: root }) => {
      const write: Write = async (name, text) => {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), text);
      };
      for (const [name, text] of Object.entries(house)) await write(name, text);
      await work(root, write);
    },
    { unsafeCleanup: true },
  );

/** Returns the keys of both case files. */
async function keysIn(
  root: string,
  more: Partial<Parameters<typeof readProofKeys>[2]> = {},
): Promise<readonly (string | undefined)[]> {
  const files = ['cases/a.ts', 'cases/b.ts'];
  const paths = files.map((name) => ({ name, path: join(root, name) }));
  const judge = await readJudgeKey(root, { root, cases: join(root, 'cases') });
  const keyOf = await readProofKeys(paths, guests, { ...choices, ...more }, judge);
  return files.map((file) => keyOf({ base: 'v6.1', file }));
}

describe('the key of what a verdict depends on', () => {
  it('is the same as long as nothing changes, and another for each file', () =>
    inHouse(async (root) => {
      const [a, b] = await keysIn(root);
      assert.deepEqual(await keysIn(root), [a, b]);
      assert.notEqual(a, b);
    }));

  it('changes with the file itself, for that file only', () =>
    inHouse(async (root, write) => {
      const [a, b] = await keysIn(root);
      await write('cases/a.ts', 'a, again');
      const [later, other] = await keysIn(root);
      assert.notEqual(later, a);
      assert.equal(other, b);
    }));

  for (const name of Object.keys(house).filter((each) => !/^(docs|cases.[ab])/.test(each)))
    it(`changes with ${name}, for all`, () =>
      inHouse(async (root, write) => {
        const before = await keysIn(root);
        await write(name, 'changed');
        const changed = await keysIn(root);
        before.forEach((each, at) => assert.notEqual(changed[at], each));
        await rm(join(root, name));
        assert.notDeepEqual(await keysIn(root), changed, 'nor is it the same without that file');
      }));

  it('changes with the guests cases share, and with what they may take', () =>
    inHouse(async (root) => {
      const [a] = await keysIn(root);
      assert.notEqual((await keysIn(root, { isolation: 'case' }))[0], a);
      assert.notEqual((await keysIn(root, { deadline: 3 }))[0], a);
    }));

  it('does not change with what nobody judges by', () =>
    inHouse(async (root, write) => {
      const before = await keysIn(root);
      await write('docs/ci.md', 'changed');
      assert.deepEqual(await keysIn(root), before);
    }));

  it('is not known of a file that is gone, nor where the lab can not be read', () =>
    inHouse(async (root) => {
      await rm(join(root, 'cases/a.ts'));
      const [a, b] = await keysIn(root);
      assert.equal(a, undefined);
      assert.ok(b);
      await rm(join(root, 'package-lock.json'));
      assert.deepEqual(await keysIn(root), [undefined, undefined]);
    }));

  it('is not known where two readings differ', () => {
    const first = () => 'one';
    assert.equal(agreeing(first, first)({ base: 'v6.1', file: 'a' }), 'one');
    assert.equal(agreeing(first, () => 'two')({ base: 'v6.1', file: 'a' }), undefined);
  });
});
