import { isAbsolute, join } from 'node:path';
import type { Command } from 'commander';
import { quote, resolvePath, type Cli } from '../cli-context.ts';

/** Adds `lab merge`. */
export function addMergeCommand(program: Command, cli: Cli): void {
  program
    .command('merge')
    .description('join the results of runs that shared the work, and say what is missing')
    .argument('<runs...>', 'run folders, or their results.json')
    .option('--results <folder>', 'where the merged run goes')
    .option('--json', 'print the merged results as JSON')
    .action(async (words: readonly string[], options: Typed) => {
      cli.status = await mergeRuns(words, options, cli);
    });
}

interface Typed {
  readonly results?: string;
  readonly json?: true;
}

async function mergeRuns(
  words: readonly string[],
  options: Typed,
  cli: Cli,
): Promise<Cli['status']> {
  const [
    { readRun },
    { mergeResults, mergedLogName },
    { makeRunFolder },
    { linkOrCopy },
    { publish },
  ] = await Promise.all([
    import('../results-read.ts'),
    import('../merge.ts'),
    import('../report/folder.ts'),
    import('../report/files.ts'),
    import('../report/publish.ts'),
  ]);
  const runs = await Promise.all(words.map((word) => readRun(word, cli)));
  const root =
    options.results === undefined ? join(cli.root, 'results') : resolvePath(cli, options.results);
  const bases = [...new Set(runs.flatMap(({ results }) => results.bases))];
  const command = `npm run lab -- merge ${words.map(quote).join(' ')}`;
  // Before a folder is made: runs that don't fit leave nothing behind.
  const parts = runs.map(({ results }) => results);
  mergeResults(parts, { run: '', command });
  const folder = await makeRunFolder(root, [...bases, 'merged'], new Date());
  const results = mergeResults(parts, { run: folder.run, command });
  for (const [position, { results: part, folder: from }] of runs.entries())
    for (const { consoleLog } of part.guests) {
      const to = join(folder.path, mergedLogName(position, consoleLog));
      // A log that did not come with its part is no reason to lose the rest.
      if (!isAbsolute(consoleLog))
        await linkOrCopy(join(from, consoleLog), to).catch(() => undefined);
    }
  const { stdout, stderr, env } = cli;
  return publish(results, new Map(), {
    root,
    folder,
    json: options.json ?? false,
    stdout,
    stderr,
    env,
  });
}
