import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { createPrefixJudge, type PrefixSeen } from '../../harness/session/bisect-series.ts';
import { bisect } from '../../harness/session/bisect.ts';
import { findCaseFiles, listCases } from '../../harness/suite/list-cases.ts';
import { selectOneCase } from '../../harness/plan/one-case.ts';
import { prepareGuests } from '../../harness/session/prepare.ts';
import { writeSeries, type Edit } from '../kernel/toy.ts';
import { makeWorld, noOther } from './world.ts';

const root = join(import.meta.dirname, '../..');

const patch = (subject: string, file: string, text: string): Edit => ({
  subject: `c/r: ${subject}`,
  files: { [file]: text },
});

/** Two that change nothing in the kernel, one of which can't be built; the fourth puts another in its place. */
const series = [
  patch('a comment', 'kernel/note.c', '/* nothing */\n'),
  patch('a mistake', 'kernel/wrong.c', 'int wrong(void) { return missing; }\n'),
  patch('no mistake any more', 'kernel/wrong.c', 'int wrong(void) { return 0; }\n'),
  patch('another kernel', 'kernel/other.c', 'int other;\n'),
  patch('one more comment', 'kernel/note.c', '/* still nothing */\n'),
];

it('names the patch that turned a case red, on real kernels', { skip: noOther }, async (t) => {
  const world = makeWorld();
  t.after(() => world.remove());
  writeSeries(world, { cr: series });
  const { base, source, patches: patchesFolder, config: configFolder, home } = world;
  const scratch = join(world.folder, 'scratch');
  mkdirSync(scratch);
  const { signal } = new AbortController();
  const context = { home, emit: () => undefined, signal, scratch };
  const files = await findCaseFiles([join(import.meta.dirname, 'fixtures/release.ts')], {
    root,
    cases: '',
  });
  const applied = series.map(({ subject }) => subject);
  const listing = await listCases(files, root);
  const words = new RegExp(`is ${world.kernel}$`);
  const chosen = selectOneCase(words, { name: base.name, applied }, listing, files);
  const judge = createPrefixJudge(
    {
      base,
      source,
      patchesFolder,
      configFolder,
      debug: true,
      chosen,
      root,
      parts: await prepareGuests([base], { accel: 'tcg', programs: [] }, context),
      repeat: 2,
      deadline: undefined,
    },
    context,
  );
  const log: PrefixSeen[] = [];
  const seen = async (number: number) => {
    const found = await judge(number);
    log.push(found);
    return found.verdict;
  };
  const end = await bisect({ first: 0, last: series.length }, seen, () => undefined);
  assert.deepEqual(end, { kind: 'found', number: 4 }, JSON.stringify(log, null, 1));
  assert.match(log.find(({ number }) => number === 4)?.reason ?? '', /another one/);

  assert.equal(await seen(2), 'skip');
  assert.match(log.at(-1)?.reason ?? '', /wrong\.c does not compile/);
  assert.equal(await seen(1), 'good');
  assert.equal(log.at(-1)?.sameAs, 0, 'one kernel is judged once');
});
