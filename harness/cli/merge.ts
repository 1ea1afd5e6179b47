import type { Command } from 'commander';
import { quote } from '../core/cli-context.ts';
import { resultsFolder, type ProjectCli } from '../core/project.ts';
import { list } from './parse.ts';

/** Adds `lab merge`. */
export function addMergeCommand(program: Command, cli: ProjectCli): void {
  program
    .command('merge')
    .description('join the results of runs that shared the work, and say what is missing')
    .argument('<runs...>', 'run folders, or their results.json')
    .option('--expect <bases>', 'bases that there must be runs of: v2.6.30,v6.1, or all', list)
    .option('--results <folder>', 'where the merged run goes')
    .option('--json', 'print the merged results as JSON')
    .action(async (words: readonly string[], options: Typed) => {
      cli.status = await mergeRuns(words, options, cli);
    });
}

interface Typed {
  readonly expect?: readonly string[];
  readonly results?: string;
  readonly json?: true;
}

async function mergeRuns(
  words: readonly string[],
  options: Typed,
  cli: ProjectCli,
): Promise<ProjectCli['status']> {
  const [
    { readRun },
    { mergeResults },
    { makeRunFolder },
    { bringFiles },
    { publish },
    { findLabHome },
    { runsOfProofs },
    { findBase },
  ] = await Promise.all([
    import('../results/results-read.ts'),
    import('../results/merge.ts'),
    import('../report/folder.ts'),
    import('../session/merge-files.ts'),
    import('../report/publish.ts'),
    import('../core/home.ts'),
    import('../proofs/proofs.ts'),
    import('../../kernel/bases.ts'),
  ]);
  const known = cli.project.bases;
  const runs = await Promise.all(words.map((word) => readRun(word, cli)));
  const root = resultsFolder(cli, options.results);
  const bases = [...new Set(runs.flatMap(({ results }) => results.bases))];
  const expect = (options.expect ?? []).flatMap((word) =>
    (word === 'all' ? known : [findBase(word, known)]).map(({ name }) => name),
  );
  const wanted = expect.length === 0 ? [] : ['--expect', expect.join(',')];
  const command = `npm run lab -- merge ${[...wanted, ...words].map(quote).join(' ')}`;
  // Before a folder is made: runs that don't fit leave nothing behind.
  const parts = runs.map(({ results }) => results);
  mergeResults(parts, { run: '', command, expect });
  const folder = await makeRunFolder(root, [...bases, 'merged'], new Date());
  const results = mergeResults(parts, { run: folder.run, command, expect });
  await bringFiles(runs, folder.path);
  const { stdout, stderr, env } = cli;
  return publish(results, [], {
    root,
    folder,
    json: options.json ?? false,
    stdout,
    stderr,
    env,
    provingRuns: () => runsOfProofs(findLabHome(env)),
  });
}
