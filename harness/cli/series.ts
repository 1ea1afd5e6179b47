import type { Command } from 'commander';
import type { Patch, Series } from '../../kernel/base.ts';
import { findBase } from '../../kernel/bases.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import { nameOfPatch, readSeries } from '../../kernel/series/series.ts';
import { acquireSource } from '../../kernel/source/source.ts';
import type { ProjectCli } from '../core/project.ts';
import { percent } from '../coverage/coverage.ts';
import { findLastCoverage, type LastCoverage } from '../coverage/last-coverage.ts';
import { addCheckCommand } from './series-check.ts';
import { chooseOne, merged, sourceIn, withOptions } from './series-options.ts';
import type { SeriesDeps, SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';

interface TreeOptions extends SeriesOptions {
  readonly upto?: string;
}

/** Adds `lab series`, `lab series check|refresh|reset` and `lab tree`. */
export function addSeriesCommands(program: Command, cli: ProjectCli, deps: SeriesDeps = {}): void {
  const series = withOptions(program.command('series'))
    .description('list the series: number, subject, files, lines, and how many of them cases run')
    .action(async (options: SeriesOptions) => {
      for (const name of await chooseNames(options, cli)) {
        const found = await readSeries(findBase(name, cli.project.bases));
        const covered = await findLastCoverage(cli.project.results, name);
        cli.stdout.write(`${renderSeries(found, covered).join('\n')}\n`);
      }
    });
  addCheckCommand(series, cli, deps);
  withOptions(series.command('refresh'))
    .description("write the commits of the base's tree back as its patches")
    .action((options: SeriesOptions, command: Command) => refresh(merged(options, command), cli));
  withOptions(series.command('reset'))
    .description("put the base's tree back to the series, keeping what is dropped in git")
    .action((options: SeriesOptions, command: Command) => reset(merged(options, command), cli));
  withOptions(program.command('tree'))
    .description("print the path of the base's work tree, where the series is edited as commits")
    .option('--upto <patch>', 'with the series up to a number or subject only')
    .action((options: TreeOptions) => printTree(options, cli));
}

/** A list needs no source: without --base it shows what a run would use. */
async function chooseNames(options: SeriesOptions, cli: ProjectCli): Promise<string[]> {
  if (options.base !== undefined && options.base !== 'all') return [options.base];
  return withContext(cli, async (context) => {
    const choice = await chooseBase(
      { ...options, source: sourceIn(options, cli) },
      context,
      cli.project.bases,
    );
    return choice.bases.map((base) => base.name);
  });
}

/** Returns a series as lines: number, subject, files, added and removed lines, lines that ran. */
export function renderSeries(series: Series, covered?: LastCoverage): string[] {
  const { base, patches } = series;
  const widest = Math.max(0, ...patches.map((patch) => patch.subject.length));
  let group = '';
  const lines = patches.flatMap((patch) => {
    const head = patch.group === group ? [] : ['', patch.group];
    group = patch.group;
    const files = `${patch.files.length} file${patch.files.length === 1 ? ' ' : 's'}`;
    const size = `${files.padStart(9)}  +${patch.added} -${patch.removed}`;
    const ran = shareOf(patch, covered);
    const row = `  ${nameOfPatch(patch).padEnd(widest + 5)}  ${size}`;
    return [...head, ran === undefined ? row : `${row.padEnd(widest + 36)}${ran}`];
  });
  return [`${base.name}: ${patches.length} patches`, ...lines, ...footOf(covered)];
}

/** What share of a patch's lines with code has run, if it was the same patch then. */
function shareOf({ number, subject }: Patch, covered: LastCoverage | undefined) {
  const same = covered?.patches.find((each) => each.number === number && each.subject === subject);
  return same === undefined ? undefined : percent(same).padStart(7);
}

function footOf(covered: LastCoverage | undefined): readonly string[] {
  if (covered === undefined) return ['', 'Which lines cases run: `lab coverage`.'];
  const { cases, folder } = covered;
  return ['', `Last column: lines with code that ${cases} cases ran, ${folder}`];
}

async function refresh(options: SeriesOptions, cli: ProjectCli): Promise<void> {
  const { refreshSeries } = await import('../../kernel/tree/refresh.ts');
  const results = await withContext(cli, async (context) => {
    const base = await chooseOne(options, cli, context);
    const source = await acquireSource(base, { from: sourceIn(options, cli) }, context);
    return refreshSeries(source, context);
  });
  const changed = results.filter(({ change }) => change !== 'unchanged');
  for (const { file, change } of changed) cli.stdout.write(`${change.padEnd(8)} ${file}\n`);
  const rest = results.length - changed.length;
  cli.stdout.write(`${rest} patch${rest === 1 ? '' : 'es'} unchanged\n`);
}

async function reset(options: SeriesOptions, cli: ProjectCli): Promise<void> {
  const { resetTree } = await import('../../kernel/tree/reset.ts');
  const { renewTree } = await import('../../kernel/tree/tree.ts');
  await withContext(cli, async (context) => {
    const base = await chooseOne(options, cli, context);
    const source = await acquireSource(base, { from: sourceIn(options, cli) }, context);
    const { changes, commits, undo } = await resetTree(source, context);
    cli.stdout.write(
      `${changes.length} changed files and ${commits.length} commits dropped\n` +
        undo.map((command) => `to have them back: ${command}\n`).join(''),
    );
    // After the above: should the series not apply, what was dropped is still told.
    await renewTree(source, context);
  });
}

async function printTree(options: TreeOptions, cli: ProjectCli): Promise<void> {
  const path = await withContext(cli, async (context) => {
    const base = await chooseOne(options, cli, context);
    const source = await acquireSource(base, { from: sourceIn(options, cli) }, context);
    const { renewTree } = await import('../../kernel/tree/tree.ts');
    return renewTree(source, context, { upto: options.upto });
  });
  cli.stdout.write(`${path}\n`);
}
