import type { Base, Image } from '../../kernel/base.ts';
import { isCi } from '../core/cli-context.ts';
import type { Context } from '../core/context.ts';
import type { ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import { readDurations } from './durations.ts';
import type { CaseFile } from '../suite/host-protocol.ts';
import { readKnown } from './known.ts';
import type { Headline } from '../core/project.ts';
import { listCases } from '../suite/list-cases.ts';
import type { Listing } from '../suite/listing.ts';
import { offerOf } from './needs.ts';
import type { RunOptions } from './options.ts';
import { buildPlan, type Plan } from './plan.ts';

export interface PlanInputs {
  readonly files: readonly CaseFile[];
  readonly images: readonly Image[];
  readonly options: RunOptions;
  readonly cli: ProjectCli;
  readonly context: Context;
  readonly headline?: Headline | undefined;
  /** What the files declare, if that has been read. */
  readonly listing?: Listing | undefined;
}

/**
 * Reads the case files and returns what they declare. Throws a `usage` error for a file that
 * can't be loaded and for words that no case matches: that is known before any kernel is built.
 */
export async function checkCases(
  files: readonly CaseFile[],
  bases: readonly Pick<Base, 'name'>[],
  { grep, shard }: Pick<RunOptions, 'grep' | 'shard'>,
  { root }: Pick<ProjectCli, 'root'>,
): Promise<Listing> {
  const listing = await listCases(files, root);
  const [mistake, ...more] = listing.mistakes;
  if (mistake !== undefined)
    throw labError({
      code: mistake.code,
      fault: 'usage',
      doing: `reading ${mistake.file}`,
      what: mistake.what,
      next: mistake.next,
      details: more.map(({ file, what }) => `${file}: ${what}`),
    });
  const offers = bases.map(({ name }) => ({ name, applied: [] }));
  buildPlan({ listing, files, bases: offers, grep, shard, ci: false, durations: {} });
  return listing;
}

/** Reads the case files and returns what to run. Throws a `usage` error if that is nothing. */
export async function preparePlan(inputs: PlanInputs): Promise<Plan> {
  const { files, images, options, cli, context } = inputs;
  const [listing, durations, known] = await Promise.all([
    inputs.listing ?? listCases(files, cli.root),
    readDurations(context.home),
    readKnown(cli.project),
  ]);
  const { grep, shard, shuffle, repeat, isolate, jobs } = options;
  const plan = buildPlan({
    listing,
    files,
    grep,
    repeat,
    shard,
    shuffle,
    durations,
    known,
    headline: inputs.headline,
    whole: options.files.length === 0,
    circumstances: options,
    bases: images.map(({ series }) => ({
      ...offerOf(series),
      allInOne: isolate === 'none' && jobs === 1 && shard === undefined,
    })),
    ci: isCi(cli.env),
  });
  for (const text of plan.warnings) context.emit({ type: 'warning', text });
  if (shuffle !== undefined)
    context.emit({
      type: 'note',
      text: `cases are shuffled; --shuffle ${shuffle} gives this order again, with --reuse in one guest as well`,
    });
  return plan;
}
