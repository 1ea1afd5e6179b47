import type { Image } from '../../kernel/base.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import type { CaseResult } from '../core/events.ts';
import type { ProjectCli } from '../core/project.ts';
import type { RunOptions } from '../plan/options.ts';
import { partsOf, quietContext } from './lab.ts';
import { prepare, type Prepared } from './prepare.ts';
import { runSession, type Run, type RunEnd } from './run-session.ts';

export interface PreparedPlan {
  readonly options: RunOptions;
  readonly cli: ProjectCli;
  /** What makes its verdicts and times others than a plain run's. */
  readonly kind: string;
  readonly work: (prepared: Prepared, run: Run) => Promise<RunEnd>;
}

/** Runs `work` as runSession() does, once all is there that guests of the chosen bases need. */
export async function runPrepared(plan: PreparedPlan): Promise<0 | 1 | 2 | 3> {
  const { options, cli, kind, work } = plan;
  const chosen = await chooseBase(options, quietContext(cli), cli.project.bases);
  return runSession({
    ...{ options, cli, bases: chosen.bases.map(({ name }) => name), kind },
    work: async (run) => {
      const { context } = run;
      if (chosen.reason !== undefined) context.emit({ type: 'note', text: chosen.reason });
      const parts = partsOf(cli.project);
      return work(await prepare(chosen.bases, { ...options, ...parts }, context), run);
    },
  });
}

/**
 * Does the same with each image in turn and returns all results. Throws the first error of a base
 * that has none, once the others are through.
 */
export async function onEachImage(
  { images, failures }: Prepared,
  work: (image: Image) => Promise<readonly CaseResult[]>,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const image of images) results.push(...(await work(image)));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return results;
}
