import type { Command } from 'commander';
import type { ProjectCli } from '../core/project.ts';
import { runCoverage } from '../session/coverage.ts';
import { gather } from './parse.ts';
import { toRunOptions, withRunOptions, type Typed } from './run.ts';

interface TypedCoverage extends Typed {
  readonly files: readonly string[];
  readonly strict?: true;
}

/** Adds `lab coverage`. Its exit statuses are those of `lab run`. */
export function addCoverageCommand(program: Command, cli: ProjectCli): void {
  withRunOptions(program.command('coverage'))
    .description("run the cases and show which lines of the series' code they execute")
    .option(
      '--files <pattern>',
      "files of the kernel's tree instead: 'kernel/*.c', 'fs/**'; may be given several times",
      gather,
      [],
    )
    .option('--strict', 'status 1 for a line that no case runs, unless the project has a reason')
    .action(async (files: readonly string[], typed: TypedCoverage) => {
      const choice = { patterns: typed.files, strict: typed.strict ?? false };
      cli.status = await runCoverage(toRunOptions(files, typed, cli), choice, cli);
    });
}
