import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { findLabHome } from '../../../harness/core/home.ts';
import type { MutantOutcome } from '../../../harness/core/mutants.ts';
import type { Mutant } from '../../../harness/mutate/mutant.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import { openMemory } from '../../../harness/session/mutant-memory.ts';

type Inputs = Parameters<typeof openMemory>;

it('holds for the kernel and the cases that an outcome rests on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'));
  try {
    const home = findLabHome({ LAB_HOME: join(folder, 'home') });
    await mkdir(home.facts, { recursive: true });
    const cases = join(folder, 'cases');
    await mkdir(cases);
    const write = (name: string, text: string) => writeFile(join(cases, `${name}.ts`), text);
    await write('a', 'one');
    await write('b', 'one');
    const entry = (name: string): PlanEntry => {
      const path = join(cases, `${name}.ts`);
      const planned = { id: name, base: 'v2.6.30', file: name, suite: 's', test: 't' };
      return { planned, file: { name, path }, rerun: '', look: [] };
    };
    const [a, b] = [entry('a'), entry('b')];
    const open = (key: string) =>
      openMemory(
        { key, base: { name: 'v2.6.30' } } as unknown as Inputs[0],
        { key: 'user space' } as unknown as Inputs[1],
        { cases },
        { home } as Inputs[3],
      );
    const [dead, alive] = [{ id: '1' } as Mutant, { id: '2' } as Mutant];
    const caught: MutantOutcome = { kind: 'caught', by: 'a', reason: 'x' };
    const survived: MutantOutcome = { kind: 'survived', cases: 2 };
    const first = await open('kernel');
    await first.keep(dead, [a, b], caught);
    await first.keep(alive, [a, b], survived);
    await first.keepGreen(a);

    const again = await open('kernel');
    assert.deepEqual(again.recall(dead, [b, a]), caught);
    assert.deepEqual(again.recall(alive, [b, a]), survived);
    assert.deepEqual([again.isGreen(a), again.isGreen(b)], [true, false]);
    // A case more or less: what was caught stays so, if its case is still asked about.
    assert.deepEqual(again.recall(dead, [a]), caught);
    assert.equal(again.recall(dead, [b]), undefined);
    assert.equal(again.recall(alive, [a]), undefined);
    const other = await open('another kernel');
    assert.equal(other.recall(dead, [a, b]), undefined);

    await write('b', 'two');
    const later = await open('kernel');
    assert.deepEqual(later.recall(dead, [a, b]), caught);
    assert.equal(later.recall(alive, [a, b]), undefined);
    await write('a', 'two');
    const last = await open('kernel');
    assert.equal(last.recall(dead, [a, b]), undefined);
    assert.equal(last.isGreen(a), false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
