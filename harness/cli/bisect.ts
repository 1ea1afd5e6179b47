import type { Command } from 'commander';
import { isCounted, nameOfPatch, readSeries } from '../../kernel/series/series.ts';
import type { Patch, Series } from '../../kernel/base.ts';
import { createPrefixJudge, type PrefixSeen } from '../session/bisect-series.ts';
import { bisect, type BisectEnd } from '../session/bisect.ts';
import type { ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import { findOneCase } from '../plan/one-case.ts';
import { makeSelftests, prepareGuests } from '../session/prepare.ts';
import { styleFor, type Style } from '../core/style.ts';
import { cleanLine, count } from '../core/text.ts';
import { expression, seconds, wholeNumber } from './parse.ts';
import { withBuildOptions } from './patch-options.ts';
import { chooseOne, sourceIn, withOptions, type SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';

interface Typed extends SeriesOptions {
  readonly good?: string;
  readonly upto?: string;
  readonly repeat: number;
  readonly accel?: 'kvm' | 'tcg';
  readonly deadline?: number;
  readonly debug: boolean;
}

/** Adds `lab bisect`. Exit status 0 if it names a patch, 1 if it can only name several. */
export function addBisectCommand(program: Command, cli: ProjectCli): void {
  withBuildOptions(withOptions(program.command('bisect')))
    .description('find the first patch of the series at which a case turns red')
    .argument(
      '<case>',
      'an expression that the file, suite or name of one case matches',
      expression,
    )
    .option('--good <patch>', 'where it is green; default: the first patch it can run on')
    .option('--upto <patch>', 'where it is red; default: the last')
    .option(
      '--repeat <n>',
      'run it that many times before a verdict is believed',
      wholeNumber(1),
      2,
    )
    .option('--deadline <seconds>', 'how long the case may take', seconds)
    .option('--accel <name>', 'use this accelerator, without trying: kvm or tcg')
    .option('--no-debug', 'leave out what finds bugs: lockdep, slub debug, …')
    .action((grep: RegExp, typed: Typed) => bisectCase(grep, typed, cli));
}

async function bisectCase(grep: RegExp, typed: Typed, cli: ProjectCli): Promise<void> {
  const found = await withContext(cli, async (context) => {
    const base = await chooseOne(typed, cli, context);
    const series = await readSeries(base, typed.upto);
    const patches = countedOf(series);
    const chosen = await findOneCase(
      grep,
      { name: base.name, applied: subjects(series) },
      cli.project,
    );
    const { id } = chosen;
    const [tip] = chosen.on({ name: base.name, applied: subjects(series) });
    if (tip?.unmet !== undefined) throw nothingToFind(id, `it is skipped: ${tip.unmet}`);
    const before = series.patches.length - patches.length;
    const runs = (number: number) =>
      chosen.on({ name: base.name, applied: subjects(series).slice(0, before + number) })[0]
        ?.unmet === undefined;
    const last = patches.length;
    const first =
      typed.good === undefined
        ? ([...patches.keys()].find(runs) ?? last)
        : countedOf(await readSeries(base, typed.good)).length;
    if (first > last) throw nothingToFind(id, '--good comes after --upto');
    const { programs, selftests: targets } = cli.project;
    // One user space for all prefixes: it has what the last one's tree holds.
    const selftests = await makeSelftests(
      base,
      { targets, source: sourceIn(typed, cli), upto: typed.upto },
      context,
    );
    const parts = await prepareGuests([base], { accel: typed.accel, programs, selftests }, context);
    const { repeat, deadline, debug } = typed;
    const judge = createPrefixJudge(
      {
        base,
        parts,
        repeat,
        deadline,
        debug,
        root: cli.root,
        source: sourceIn(typed, cli),
        chosen,
      },
      context,
    );
    const say = (text: string) => context.emit({ type: 'note', text });
    const log: PrefixSeen[] = [];
    say(`Bisecting ${id}: ${namePrefix(first, patches)} to ${namePrefix(last, patches)}`);
    const end = await bisect(
      { first, last },
      async (number) => {
        const seen = await judge(number);
        log.push(seen);
        say(describeSeen(seen, patches));
        return seen.verdict;
      },
      ({ number, left, steps }) => {
        say(
          `Bisecting: ${left} ${left === 1 ? 'patch' : 'patches'} left to test after this (roughly ${count(steps, 'step')})`,
        );
        say(`[${namePrefix(number, patches)}]`);
      },
    );
    return { id, end, log, patches };
  });
  const { id, end, log, patches } = found;
  if (end.kind === 'not-red') throw nothingToFind(id, explainNotRed(end.verdict, log));
  const lines = renderEnd(end, log, patches, styleFor(cli.stdout, cli.env));
  cli.stdout.write(`${lines.join('\n')}\n`);
  if (end.kind === 'several') cli.status = 1;
}

/** Returns what a search came to, as lines. */
export function renderEnd(
  end: Exclude<BisectEnd, { readonly kind: 'not-red' }>,
  log: readonly PrefixSeen[],
  patches: readonly Patch[],
  style: Style,
): string[] {
  const reasonAt = (number: number) => log.find((seen) => seen.number === number)?.reason ?? '';
  const because = (number: number) =>
    reasonAt(number) === '' ? [] : [`  ${cleanLine(reasonAt(number))}`];
  if (end.kind === 'found')
    return [
      `${style.strong(namePrefix(end.number, patches))} is the first bad patch`,
      ...because(end.number),
    ];
  if (end.kind === 'always-red')
    return [
      `${style.strong(namePrefix(end.number, patches))} is red already, and the first that was tried`,
      ...because(end.number),
      'If a later one is green, name that with --good.',
    ];
  return [
    'There are only prefixes left that tell nothing. The first bad patch could be any of:',
    ...end.numbers.map((number) => `  ${namePrefix(number, patches)}`),
  ];
}

/** Returns what was seen of a prefix, as one line. */
export function describeSeen(
  { number, verdict, reason, sameAs }: PrefixSeen,
  patches: readonly Patch[],
): string {
  const why = verdict === 'good' || reason === '' ? '' : `: ${cleanLine(reason)}`;
  const known = sameAs === undefined ? '' : ` (the same kernel as ${namePrefix(sameAs, patches)})`;
  const word = verdict === 'skip' ? 'cannot test' : verdict;
  return `${word}: ${namePrefix(number, patches)}${known}${why}`;
}

function explainNotRed(verdict: string, log: readonly PrefixSeen[]): string {
  const reason = log.at(-1)?.reason ?? '';
  if (verdict === 'good') return 'it is green with all of the series';
  return reason === '' ? 'it could not be judged' : reason;
}

function nothingToFind(id: string, why: string): Error {
  return labError({
    code: 'bisect-not-red',
    fault: 'usage',
    doing: `bisecting ${id}`,
    what: why,
    next: 'Name a prefix at which it is red each time with --upto, or one base with --base; --repeat judges a flaky case better.',
  });
}

function namePrefix(number: number, patches: readonly Patch[]): string {
  const patch = patches[number - 1];
  return patch === undefined ? '0000 (nothing of the series)' : nameOfPatch(patch);
}

function countedOf({ patches }: Series): Patch[] {
  return patches.filter(isCounted);
}

function subjects({ patches }: Series): string[] {
  return patches.map(({ subject }) => subject);
}
