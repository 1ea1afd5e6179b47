import type { Command } from 'commander';
import type { Base, CompilerName, Image, SanitizerName } from '../../kernel/base.ts';
import { chooseBase } from '../../kernel/source/choose.ts';
import { resolvePath } from '../core/cli-context.ts';
import type { ProjectCli } from '../core/project.ts';
import type { ArchitectureName } from '../core/architectures.ts';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';

export interface SeriesDeps {
  /** Boots an image and ends the guest; throws if it does not come up. For `check --boot`. */
  readonly boot?: (image: Image, context: Context) => Promise<void>;
}

/** The options every command about a series takes. */
export interface SeriesOptions {
  readonly base?: string;
  readonly source?: string;
  /** Of those that build a kernel. */
  readonly compiler?: CompilerName;
  readonly arch?: ArchitectureName;
  /** Of those that boot one for a case. */
  readonly with?: readonly SanitizerName[];
}

/** Adds the options every command about a series takes. */
export function withOptions(command: Command): Command {
  return command
    .option('--base <name>', "the kernel: one of the project's, v2.6.30 or v6.1 by default")
    .option('--source <path>', "the base's source: a folder, a git repository, an archive");
}

/** `lab series --base X check` and `lab series check --base X` mean the same. */
export function merged<T extends SeriesOptions>(options: T, command: Command): T {
  return { ...command.parent?.opts<SeriesOptions>(), ...options };
}

/** Returns the absolute path of the source an option names. */
export function sourceIn(options: SeriesOptions, cli: ProjectCli): string | undefined {
  return options.source === undefined ? undefined : resolvePath(cli, options.source);
}

/** Returns the one base a command works on. Throws a usage error for `all`. */
export async function chooseOne(
  options: SeriesOptions,
  cli: ProjectCli,
  context: Context,
): Promise<Base> {
  const choice = await chooseBase(
    {
      ...options,
      architecture: options.arch,
      sanitizers: options.with,
      source: sourceIn(options, cli),
    },
    context,
    cli.project.bases,
  );
  const [base, ...others] = choice.bases;
  if (base !== undefined && others.length === 0) {
    if (choice.reason !== undefined) context.emit({ type: 'note', text: choice.reason });
    return base;
  }
  throw labError({
    code: 'options-contradict',
    fault: 'usage',
    doing: cli.command,
    what: 'it works on one base at a time',
    next: 'Name it with --base.',
  });
}
