import { InvalidArgumentError, type Command } from 'commander';
import { resolvePath } from '../core/cli-context.ts';
import { labError } from '../core/errors.ts';
import type { ProjectCli } from '../core/project.ts';
import { runFuzz } from '../session/fuzz.ts';
import { writeFoundCase } from '../session/fuzz-found.ts';
import { list, wholeNumber } from './parse.ts';
import { toRunOptions, withRunOptions, type Typed } from './run.ts';

interface TypedFuzz extends Typed {
  readonly time?: number;
  readonly images?: number;
  readonly seed: number;
  readonly from: number;
  readonly batch: number;
  readonly only?: readonly number[];
  readonly keep?: string;
}

/** What is tried where nobody says how much. */
const usual = 10_000;

/** Adds `lab fuzz`. */
export function addFuzzCommand(program: Command, cli: ProjectCli): void {
  withRunOptions(program.command('fuzz'))
    .description("have the project's program try thousands of inputs that are almost right")
    .option(
      '--images <n>',
      `try that many mutants; by default ${usual}, or what --time allows`,
      wholeNumber(1),
    )
    .option('--time <time>', 'begin no batch after that: 90s, 10m, 2h', duration)
    .option('--seed <n>', 'what the mutants follow from', wholeNumber(0), 1)
    .option('--from <n>', 'the first of them', wholeNumber(0), 0)
    .option(
      '--batch <n>',
      'mutants that a guest tries before it is looked at',
      wholeNumber(1),
      1000,
    )
    .option('--only <numbers>', 'only these mutations of each mutant: 0,2', numbers)
    .option('--keep <finding>', 'make a case of a finding.json, and try nothing')
    .action(async (files: readonly string[], typed: TypedFuzz) => {
      refuseOthers(files, typed);
      if (typed.keep !== undefined) {
        const path = await writeFoundCase(resolvePath(cli, typed.keep), cli);
        cli.stdout.write(`${path}\n`);
        return;
      }
      const { time: seconds, images, seed, from, batch, only, repeat } = typed;
      const many = images ?? (seconds === undefined ? usual : undefined);
      const choice = { seconds, images: many, seed, from, batch, only, repeat };
      cli.status = await runFuzz(toRunOptions(files, typed, cli), choice, cli);
    });
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Returns a time in seconds. */
function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d+)([smh]?)$/.exec(text) ?? [];
  const value = Number(number) * (units[unit === '' ? 's' : unit] ?? 1);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a time: 90s, 10m, 2h.');
}

function numbers(text: string): readonly number[] {
  return list(text).map(wholeNumber(0));
}

/** Options of a run that mean nothing here. */
const refused = [
  ['grep', '--grep'],
  ['against', '--against'],
  ['reuse', '--reuse'],
  ['isolate', '--isolate'],
  ['untilFail', '--until-fail'],
  ['shuffle', '--shuffle'],
  ['shard', '--shard'],
  ['affected', '--affected'],
  ['range', '--range'],
  ['mbox', '--mbox'],
  ['patches', '--patches'],
] as const;

function refuseOthers(files: readonly string[], typed: TypedFuzz): void {
  const words = refused.filter(([name]) => name in typed).map(([, word]) => word);
  if (words.length === 0 && files.length === 0) return;
  throw labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: 'reading the command line',
    what: `${[...words, ...files].join(', ')}: mutants are not cases`,
    next: 'Leave it out.',
  });
}
