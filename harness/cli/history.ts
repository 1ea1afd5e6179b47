import type { Command } from 'commander';
import { resultsFolder, type ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import { styleFor } from '../core/style.ts';
import type { History } from '../results/history.ts';
import type { CaseHistory } from '../results/trends.ts';
import { days } from './parse.ts';

interface Typed {
  readonly base?: string;
  readonly since?: number;
  readonly all?: true;
  readonly json?: true;
  readonly results?: string;
}

/** Adds `lab history`. */
export function addHistoryCommand(program: Command, cli: ProjectCli): void {
  program
    .command('history')
    .description('show what cases came to over all runs: what turned, what is flaky or slower')
    .argument('[case]', 'a part of a case’s name: show it run by run')
    .option('--base <name>', 'only runs on that base')
    .option('--since <days>', 'only runs of the last so many days: 7d', days)
    .option('--all', 'name all cases and runs, not only the first of a list')
    .option('--json', 'print it as JSON')
    .option('--results <folder>', 'the results folder whose history it is')
    .action(async (words: string | undefined, typed: Typed) => {
      const [
        { catchUp },
        { findCases, findTrends },
        { renderTrends, renderCaseHistory, renderCaseLine },
      ] = await Promise.all([
        import('../session/history.ts'),
        import('../results/trends.ts'),
        import('../report/history-lines.ts'),
      ]);
      const root = resultsFolder(cli, typed.results);
      const history = choose(await catchUp(root), typed);
      const style = styleFor(cli.stdout, cli.env);
      const all = typed.all ?? false;
      if (words === undefined) {
        const trends = findTrends(history);
        print(cli, typed.json, { runs: history.runs.map(withoutCases), ...trends }, () =>
          renderTrends(history, trends, all, style),
        );
        return;
      }
      const chosen = chooseCases([...findCases(history).values()], words);
      print(cli, typed.json, chosen, () =>
        chosen.length <= 2
          ? chosen.flatMap((each) => renderCaseHistory(each, all, style))
          : chosen.map((each) => renderCaseLine(each, style)),
      );
    });
}

function print(
  cli: ProjectCli,
  json: true | undefined,
  value: unknown,
  render: () => string[],
): void {
  // A point names its run: all of the run's cases with it would be the history squared.
  const slim = (key: string, each: unknown): unknown =>
    key === 'run' && typeof each === 'object' ? withoutCases(each) : each;
  const text = json === true ? JSON.stringify(value, slim, 1) : render().join('\n');
  cli.stdout.write(`${text}\n`);
}

function withoutCases(run: object | null): object {
  return Object.fromEntries(Object.entries(run ?? {}).filter(([name]) => name !== 'cases'));
}

function choose({ runs }: History, { base, since }: Typed): History {
  const from = since === undefined ? '' : new Date(Date.now() - since).toISOString();
  return {
    runs: runs
      .filter(({ time }) => time >= from)
      .filter(({ bases }) => base === undefined || bases.some((each) => each.base === base))
      .map((run) =>
        base === undefined
          ? run
          : { ...run, cases: run.cases.filter(({ name }) => name.base === base) },
      ),
  };
}

/** Returns the cases that are called that, or else whose names hold it. Throws `usage` for none. */
export function chooseCases(cases: readonly CaseHistory[], words: string): readonly CaseHistory[] {
  const same = cases.filter(({ id }) => id === words);
  const found =
    same.length > 0 ? same : cases.filter(({ base, id }) => `${base} ${id}`.includes(words));
  if (found.length > 0) return found;
  throw labError({
    code: 'history-no-case',
    fault: 'usage',
    doing: 'looking a case up in the history',
    what: `none of ${cases.length} cases has ${JSON.stringify(words)} in its name`,
    next: 'Name a part of it as `lab list` prints it; letter case counts.',
  });
}
