import type { Command } from 'commander';
import { labError } from '../core/errors.ts';
import type { ProjectCli } from '../core/project.ts';
import { runMutate } from '../session/mutate.ts';
import { gather, wholeNumber } from './parse.ts';
import { toRunOptions, withRunOptions, type Typed } from './run.ts';

interface TypedMutate extends Typed {
  readonly sample?: number;
  readonly seed: number;
  readonly changed?: true;
  readonly reached?: true;
  readonly only: readonly string[];
  readonly list?: true;
  readonly files: readonly string[];
}

/** Adds `lab mutate`. */
export function addMutateCommand(program: Command, cli: ProjectCli): void {
  withRunOptions(program.command('mutate'))
    .description("change the series' code a line at a time and see whether a case notices")
    .option('--sample <n>', 'that many of the mutants, drawn by the seed', wholeNumber(1))
    .option('--seed <n>', 'which draw', wholeNumber(0), 1)
    .option(
      '--changed',
      "only lines that the series' last patch wrote; with --tree what is not committed",
    )
    .option('--reached', 'only mutants whose line one of the cases runs')
    .option('--only <id>', 'this mutant; may be given several times', gather, [])
    .option(
      '--files <pattern>',
      "only files of the kernel's tree that match: 'checkpoint/*.c'; may be given several times",
      gather,
      [],
    )
    .option('--list', 'show the mutants and run nothing')
    .action(async (files: readonly string[], typed: TypedMutate) => {
      refuseOthers(typed);
      const { sample, seed, changed = false, reached = false, only, list = false } = typed;
      const { files: patterns } = typed;
      const choice = { sample, seed, changed, reached, only, list, patterns };
      cli.status = await runMutate(toRunOptions(files, typed, cli), choice, cli);
    });
}

/** Options of a run that mean nothing here, or something else than they seem to. */
const refused = [
  ['upto', '--upto'],
  ['against', '--against'],
  ['reuse', '--reuse'],
  ['isolate', '--isolate'],
  ['untilFail', '--until-fail'],
  ['shuffle', '--shuffle'],
  ['affected', '--affected'],
  ['range', '--range'],
  ['mbox', '--mbox'],
  ['patches', '--patches'],
] as const;

function refuseOthers(typed: TypedMutate): void {
  const words = refused.filter(([name]) => name in typed).map(([, word]) => word);
  if (words.length === 0) return;
  throw labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: `${words.join(', ')}: a mutant is tried on the whole series of a base, in guests of its own`,
    next: 'Leave it out.',
  });
}
