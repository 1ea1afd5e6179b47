import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { dir } from 'tmp-promise';
import { z } from 'zod';
import { findLabHome } from '../../../harness/core/home.ts';
import { recallFact } from '../../../harness/core/facts.ts';

async function prepareFact(context: TestContext, goodFor?: number) {
  const { path, cleanup } = await dir({ prefix: 'lab-', unsafeCleanup: true });
  context.after(() => cleanup());
  const home = findLabHome({ LAB_HOME: path });
  let measured = 0;
  const recall = (inputs: Readonly<Record<string, string>> = {}) =>
    recallFact(home, {
      name: 'speed',
      inputs,
      schema: z.number(),
      ...(goodFor === undefined ? {} : { goodFor }),
      measure: () => Promise.resolve(++measured),
    });
  const file = join(home.facts, 'speed.json');
  /** Makes what is kept as old as that, in milliseconds. */
  const age = async (by: number) => {
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(/"at": (\d+)/, (_, at) => `"at": ${Number(at) - by}`),
    );
  };
  return { recall, file, age };
}

it('measures once, and again under other inputs', async (t) => {
  const { recall, age } = await prepareFact(t);
  assert.deepEqual([await recall(), await recall()], [1, 1]);
  await age(1e12);
  assert.equal(await recall(), 1);
  assert.deepEqual([await recall({ qemu: '8' }), await recall({ qemu: '8' })], [2, 2]);
});

it('measures again what no longer holds, and what is of the future', async (t) => {
  const { recall, age } = await prepareFact(t, 60_000);
  assert.equal(await recall(), 1);
  await age(30_000);
  assert.equal(await recall(), 1);
  await age(40_000);
  assert.equal(await recall(), 2);
  await age(-100_000);
  assert.equal(await recall(), 3);
});

it('measures again what is damaged', async (t) => {
  const { recall, file } = await prepareFact(t);
  await recall();
  await writeFile(file, '{"inputs":');
  assert.equal(await recall(), 2);
});
