import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withDir } from 'tmp-promise';
import type { GuestOptions } from '../../../harness/guest/boot-guest.ts';
import type { Project, ProjectCli } from '../../../harness/core/project.ts';
import type { LabEventBody } from '../../../harness/core/events.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { findJudge, openProofs } from '../../../harness/proofs/open-proofs.ts';
import type { RunOptions } from '../../../harness/plan/options.ts';
import type { PlanEntry } from '../../../harness/plan/plan.ts';
import { fixture, root } from '../fixture.ts';
import { runFixtures } from '../run-fixture.ts';

const plain = { files: [], repeat: 1, untilFail: false, fresh: false } as unknown as RunOptions;

interface Way {
  readonly options?: Partial<RunOptions>;
  readonly env?: NodeJS.ProcessEnv;
}

const project = { root, cases: join(root, 'cases') } as Project;

interface Seen {
  /** Tests that were not run. */
  readonly rested: readonly string[];
  readonly verdicts: readonly string[];
  readonly notes: readonly string[];
}

/** Runs the cases of a fixture as a run of the lab does that shares this folder with others. */
async function runIn(path: string, { options: special = {}, env = {} }: Way = {}) {
  const files = [fixture('passing')];
  const options = { ...plain, ...special };
  const isolation = options.isolate ?? 'file';
  const events: LabEventBody[] = [];
  const proofs = await openProofs(
    {
      files,
      choices: { jobs: 1, isolation, factor: 1, root },
      guests: { images: [], folder: '/results/a-run' } as unknown as GuestOptions,
      options,
      cli: { env, root, project } as ProjectCli,
      judge: await findJudge(options, project),
    },
    {
      home: { ...findLabHome({ LAB_HOME: path }), facts: path },
      emit: (event) => void events.push(event),
    },
  );
  let entries: readonly PlanEntry[] = [];
  const { results } = await runFixtures(['passing'], /./, {
    isolation,
    change: async (planned) => (entries = await proofs.apply(planned)),
  });
  await proofs.keep(entries, results);
  return {
    rested: results.flatMap(({ test, provenIn }) => (provenIn === 'a-run' ? [test] : [])),
    verdicts: results.map(({ verdict }) => verdict),
    notes: events.flatMap((event) => (event.type === 'note' ? [event.text] : [])),
  } satisfies Seen;
}

const inFolder = (work: (path: string) => Promise<void>) =>
  withDir(({ path }) => work(join(path)), { unsafeCleanup: true });

describe('a run whose cases have passed before', () => {
  it('rests on that, says so, and still has a verdict for each', () =>
    inFolder(async (path) => {
      assert.deepEqual((await runIn(path)).rested, []);
      const { rested, verdicts, notes } = await runIn(path);
      assert.deepEqual(rested, ['one', 'two']);
      assert.deepEqual(verdicts, ['pass', 'pass']);
      assert.match(notes.join(), /^2 cases passed in earlier runs, .*--fresh runs them/);
    }));

  const insisting: Readonly<Record<string, Way>> = {
    '--fresh': { options: { fresh: true } },
    CI: { env: { CI: 'true' } },
    'a named file': { options: { files: ['cases/a.ts'] } },
    '--grep': { options: { grep: /one/ } },
    '--repeat': { options: { repeat: 2 } },
    '--until-fail': { options: { untilFail: true } },
    '--shuffle': { options: { shuffle: 1 } },
    '--shard': { options: { shard: { index: 1, of: 2 } } },
    '--reuse': { options: { isolate: 'none' } },
  };
  for (const [name, way] of Object.entries(insisting))
    it(`runs them with ${name}`, () =>
      inFolder(async (path) => {
        await runIn(path);
        const { rested, notes } = await runIn(path, way);
        assert.deepEqual([rested, notes], [[], []]);
      }));

  it('does not rest on a run that was none of all cases, once and in order', () =>
    inFolder(async (path) => {
      await runIn(path, { options: { grep: /./ } });
      assert.deepEqual((await runIn(path)).rested, []);
    }));

  it('rests on what CI has run', () =>
    inFolder(async (path) => {
      await runIn(path, { env: { CI: 'true' } });
      assert.deepEqual((await runIn(path)).rested, ['one', 'two']);
    }));
});
