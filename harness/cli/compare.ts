import type { Command } from 'commander';
import type { ProjectCli } from '../core/project.ts';
import type { Comparison } from '../results/compare.ts';
import type { CaseResult } from '../core/events.ts';
import { outcomeOf } from '../results/outcome.ts';
import { verdictWord } from '../report/lines.ts';
import { styleFor, type Style } from '../core/style.ts';
import { caseTitle, cleanLine, duration } from '../core/text.ts';

interface Typed {
  readonly common?: true;
  readonly json?: true;
}

/** Adds `lab compare`. */
export function addCompareCommand(program: Command, cli: ProjectCli): void {
  program
    .command('compare')
    .description('show what changed between two runs; exits with 1 if a case got worse')
    .argument('<before>', "a run folder, its results.json, its name under results/, or 'latest'")
    .argument('<after>', 'another one')
    .option('--common', 'only the cases that are in both')
    .option('--json', 'print it as JSON')
    .action(async (before: string, after: string, { common, json }: Typed) => {
      const [{ recallRuns }, { compareResults }] = await Promise.all([
        import('../session/recall.ts'),
        import('../results/compare.ts'),
      ]);
      const { runs, notes } = await recallRuns([before, after], cli);
      const { circumstances, ...changes } = compareResults(...runs);
      const whole = {
        ...changes,
        ...(notes.length === 0 ? {} : { added: [], removed: [] }),
        circumstances: [...notes, ...circumstances],
      };
      const comparison = common === true ? { ...whole, added: [], removed: [] } : whole;
      const text =
        json === true
          ? JSON.stringify(comparison, null, 1)
          : renderComparison(comparison, styleFor(cli.stdout, cli.env)).join('\n');
      cli.stdout.write(`${text}\n`);
      cli.status =
        comparison.verdicts.some(({ worse }) => worse) || comparison.removed.length > 0 ? 1 : 0;
    });
}

/** Returns a comparison as lines; one line where nothing changed. */
export function renderComparison(comparison: Comparison, style: Style): string[] {
  const { verdicts, added, removed, times, circumstances } = comparison;
  const lines = [
    ...circumstances.map((text) => `${style.info('changed')} ${cleanLine(text)}`),
    ...verdicts.map(({ before, after, worse }) => {
      const mark = worse ? style.bad('worse ') : style.good('better');
      const why = after.reason === undefined ? '' : `: ${cleanLine(after.reason)}`;
      return `${mark}  ${nameOf(after)}: ${outcomeWord(before)} before, ${outcomeWord(after)} now${why}`;
    }),
    ...added.map(
      (result) =>
        `${style.info('new')}     ${verdictWord(outcomeOf(result), style)} ${nameOf(result)}`,
    ),
    ...removed.map((result) => `${style.bad('gone')}    ${nameOf(result)}`),
    ...times.map(({ before, after }) => {
      const mark =
        after.milliseconds > before.milliseconds ? style.warn('slower') : style.good('faster');
      return `${mark}  ${nameOf(after)}: ${duration(before.milliseconds)} before, ${duration(after.milliseconds)} now`;
    }),
  ];
  return lines.length === 0 ? ['No difference worth telling.'] : lines;
}

function outcomeWord(result: CaseResult): string {
  const outcome = outcomeOf(result);
  return outcome === 'known' ? 'known to fail' : outcome;
}

function nameOf(result: CaseResult): string {
  return caseTitle(result, true);
}
