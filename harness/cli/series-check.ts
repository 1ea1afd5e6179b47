import type { Command } from 'commander';
import type { PrefixResult } from '../../kernel/check.ts';
import { readSeries } from '../../kernel/series/series.ts';
import type { ProjectCli } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import { renderErrorReport } from '../report/error.ts';
import { styleFor, type Style } from '../core/style.ts';
import { wholeNumber } from './parse.ts';
import { withBuildOptions } from './patch-options.ts';
import { chooseOne, merged, sourceIn, withOptions } from './series-options.ts';
import type { SeriesDeps, SeriesOptions } from './series-options.ts';
import { withContext } from '../session/series-session.ts';

interface CheckTyped extends SeriesOptions {
  readonly build?: true;
  readonly boot?: true;
  readonly from?: number;
}

/** Adds `lab series check`. Exit status 1 if a prefix is red. */
export function addCheckCommand(series: Command, cli: ProjectCli, deps: SeriesDeps): void {
  withBuildOptions(withOptions(series.command('check')))
    .description('prove every prefix of the series: that it applies, builds and boots')
    .option('--build', 'build each; a new warning in a file the series touches is red')
    .option('--boot', 'boot each as well')
    .option('--from <number>', 'leave out the prefixes that end before this patch', wholeNumber(1))
    .action((typed: CheckTyped, command: Command) => check(merged(typed, command), cli, deps));
}

async function check(typed: CheckTyped, cli: ProjectCli, deps: SeriesDeps): Promise<void> {
  const { allGreen, checkSeries, prefixesFrom } = await import('../../kernel/check.ts');
  const { boot } = deps;
  if (typed.boot === true && boot === undefined)
    throw labError({
      code: 'boot-not-wired',
      fault: 'infrastructure',
      doing: cli.command,
      what: 'this command cannot boot guests',
      next: 'Leave --boot out.',
    });
  const { results, green, total } = await withContext(cli, async (context) => {
    const base = await chooseOne(typed, cli, context);
    const options = {
      base,
      source: sourceIn(typed, cli),
      from: typed.from,
      build: typed.build === true || typed.boot === true,
      boot:
        typed.boot === true && boot !== undefined
          ? (image: Parameters<typeof boot>[0]) => boot(image, context)
          : undefined,
    };
    const prefixes = prefixesFrom(await readSeries(base), typed.from);
    const found = await checkSeries(options, context, (result) => {
      context.emit({ type: 'note', text: summarise(result) });
    });
    return { results: found, green: allGreen(prefixes, found), total: prefixes.length };
  });
  const style = styleFor(cli.stdout, cli.env);
  const red = results.filter((result) => !result.green);
  const lines = red.flatMap((result) => renderPrefix(result, style));
  const count = `${results.length - red.length} of ${total} prefixes are green`;
  cli.stdout.write(`${[...lines, green ? style.good(count) : style.bad(count)].join('\n')}\n`);
  if (!green) cli.status = 1;
}

/** Returns a prefix's result as one line. */
export function summarise(result: PrefixResult): string {
  const { green, name, did, warnings, milliseconds } = result;
  const said = warnings.length === 0 ? '' : `, ${warnings.length} new warnings`;
  const done = did.length === 0 ? 'does not apply' : did.join(', ');
  const time = `${(milliseconds / 1000).toFixed(1)} s`;
  return `${green ? 'green' : 'red  '}  ${name}: ${done}${said} (${time})`;
}

/** Returns a prefix's result with everything that made it red. */
export function renderPrefix(result: PrefixResult, style: Style): string[] {
  const line = summarise(result);
  return [
    result.green ? style.good(line) : style.bad(line),
    ...result.warnings.map(({ file, line: at, text }) => `  ${file}:${at}: warning: ${text}`),
    ...(result.error === undefined
      ? []
      : renderErrorReport(result.error, style).map((text) => `  ${text}`)),
  ];
}
