import type { Command } from 'commander';
import type { CompilerName, SanitizerName } from '../../kernel/base.ts';
import type { ArchitectureName } from '../core/architectures.ts';
import type { GivenOptions } from '../../kernel/given.ts';
import { resolvePath, type Cli } from '../core/cli-context.ts';
import { defined } from '../core/defined.ts';
import { labError } from '../core/errors.ts';
import { gather } from './parse.ts';

/** What commander makes of the options that name a series of the user's own. */
export interface TypedSeries {
  readonly repo?: string;
  readonly range?: string;
  readonly mbox?: string;
  readonly patches?: string;
  readonly onto?: string;
  readonly config?: readonly string[];
  readonly each?: true;
  readonly base?: string;
  readonly source?: string;
  readonly compiler?: CompilerName;
  readonly with?: readonly SanitizerName[];
  readonly arch?: ArchitectureName;
  readonly upto?: string;
  readonly tree?: true;
}

/** Adds what names a series of the user's own. */
export function withSeriesOptions(command: Command): Command {
  return command
    .option('--repo <folder>', 'your clone of Linux: the base is a commit of it; only read')
    .option('--range <a..b>', 'your series: the commits of the clone after a, up to b')
    .option('--mbox <file>', 'your series as it was mailed: an mbox, a maildir, one mail')
    .option('--patches <folder>', 'your series as patches, with or without a file `series`')
    .option('--onto <commit>', "the clone's commit that mails or patches apply to")
    .option(
      '--config <file>',
      'a configuration fragment for your series; may be given several times',
      gather,
    )
    .option('--each', 'prove every patch of your series, not only the whole');
}

/**
 * Returns the series that was named; undefined if the one in patches/ is meant. Throws a `usage`
 * error for options that mean nothing without one, or nothing with one.
 */
export function toGiven(typed: TypedSeries, cli: Cli): GivenOptions | undefined {
  const { repo, range, mbox, patches, onto, config = [], base, source, compiler } = typed;
  const named = [repo, range, mbox, patches].some((option) => option !== undefined);
  const refuse = (what: string, next: string): Error =>
    labError({
      code: 'options-contradict',
      fault: 'usage',
      doing: 'reading the command line',
      what,
      next,
    });
  if (!named) {
    if (onto === undefined && config.length === 0 && typed.each === undefined) return undefined;
    throw refuse(
      '--onto, --config and --each go with a series of your own',
      'Name it with --repo and --range, --mbox or --patches.',
    );
  }
  if (typed.upto !== undefined)
    throw refuse(
      "--upto is about the series in the lab's own patches/",
      'Leave it out; a shorter --range proves less of a branch.',
    );
  const path = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolvePath(cli, name);
  return {
    repository: path(repo),
    range,
    tree: typed.tree,
    mailbox: path(mbox),
    patches: path(patches),
    onto,
    config: config.map((file) => resolvePath(cli, file)),
    base,
    source: path(source),
    compiler,
    ...defined({ sanitizers: typed.with }),
    architecture: typed.arch,
  };
}
