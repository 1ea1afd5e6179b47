import type { Command } from 'commander';
import type { ProjectCli } from '../core/project.ts';
import { cleanLine, clip } from '../core/text.ts';
import { isRed } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';

/** Adds `lab count`. */
export function addCountCommand(program: Command, cli: ProjectCli): void {
  program
    .command('count')
    .description("print a run's red cases, a line each, and `N passed, N failed, N skipped`")
    .argument(
      '[run]',
      "a run folder, its results.json, its name under results/, or 'latest'",
      'latest',
    )
    .action(async (run: string) => {
      const { readRun } = await import('../results/results-read.ts');
      const { results } = await readRun(run, cli);
      cli.stdout.write(`${renderCount(results).join('\n')}\n`);
      cli.status = results.exitCode;
    });
}

/** Characters of a reason that a line has room for. */
const reasonLength = 600;

/**
 * Returns a run's red cases as lines that begin with `FAILED`, and its count as the last line.
 * A case that could not be judged, was left out or never heard of again has failed: the run has
 * not shown what it was for.
 */
export function renderCount({ cases, missing, totals }: Results): string[] {
  const red = cases.filter(isRed).map(({ id, base, verdict, reason = '', assertion }) => {
    const { actual, expected } = assertion ?? {};
    const found = actual === undefined ? '' : `: ${actual}, expected ${expected ?? 'nothing'}`;
    const why = clip(cleanLine(`${reason.replace(/:$/, '')}${found}`), reasonLength);
    return `FAILED   ${base}: ${id}: ${verdict}: ${why}`;
  });
  const failed = totals.fail + totals.error + totals['not-run'] + missing.length;
  return [
    ...red,
    ...missing.map(({ id, base }) => `FAILED   ${base}: ${id}: not heard of`),
    `${totals.pass} passed, ${failed} failed, ${totals.skip} skipped`,
  ];
}
