import type { Command } from 'commander';
import { makeImage } from '../../kernel/image.ts';
import { findBase } from '../../kernel/bases.ts';
import { resolvePath } from '../core/cli-context.ts';
import type { ProjectCli } from '../core/project.ts';
import {
  checkLedger,
  compareLedger,
  countFates,
  rowsOn,
  type StateLedger,
  type StateMistake,
} from '../core/state.ts';
import { labError } from '../core/errors.ts';
import { count } from '../core/text.ts';
import { withContext } from '../session/series-session.ts';
import { ledgerOf, namesOf, readCaseNames, readLedgerFields } from '../session/state.ts';

interface Typed {
  readonly base?: string;
  readonly source?: string;
  readonly vmlinux?: string;
}

/** Adds `lab state`. Its exit status is 1 where the ledger and a kernel disagree. */
export function addStateCommand(program: Command, cli: ProjectCli): void {
  program
    .command('state')
    .description(
      "hold the project's ledger of the kernel's state against the kernels: a field that it does not know is red",
    )
    .argument('[structs...]', 'print what it says of the fields of these instead')
    .option('--base <name>', "the kernel; all of the project's by default")
    .option('--source <path>', "the base's source: a folder, a git repository, an archive")
    .option('--vmlinux <file>', 'a kernel that is built already, of the base that --base names')
    .action(async (structs: readonly string[], typed: Typed) => {
      const ledger = ledgerOf(cli.project);
      if (structs.length > 0)
        print(
          cli,
          structs.flatMap((name) => renderStruct(name, ledger)),
        );
      else await checkState(ledger, typed, cli);
    });
}

async function checkState(ledger: StateLedger, typed: Typed, cli: ProjectCli): Promise<void> {
  const { base, vmlinux } = typed;
  const { project } = cli;
  if (vmlinux !== undefined && base === undefined)
    throw labError({
      code: 'options-contradict',
      fault: 'usage',
      doing: cli.command,
      what: '--vmlinux names a kernel, and nothing says of which base it is',
      next: 'Name that with --base.',
    });
  const asked =
    base === undefined || base === 'all' ? project.bases : [findBase(base, project.bases)];
  const isCase = await readCaseNames(project);
  const own = checkLedger(ledger, namesOf(project.bases), isCase);
  print(cli, own.map(renderMistake));
  let red = own.length;
  for (const each of asked) {
    const file =
      vmlinux === undefined
        ? await withContext(cli, async (context) => {
            const source = typed.source === undefined ? undefined : resolvePath(cli, typed.source);
            return (await makeImage({ base: each, source }, context)).vmlinux;
          })
        : resolvePath(cli, vmlinux);
    const wrong = compareLedger(ledger, each.name, await readLedgerFields(file, ledger));
    print(cli, [...wrong.map(renderMistake), renderCounts(ledger, each.name)]);
    red += wrong.length;
  }
  cli.status = red > 0 ? 1 : 0;
}

function print({ stdout }: ProjectCli, lines: readonly string[]): void {
  if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
}

function renderMistake({ where, what }: StateMistake): string {
  return `red  ${where}: ${what}`;
}

/** `v6.1: 43 structs, 612 fields: 211 saved, …`. */
function renderCounts(ledger: StateLedger, base: string): string {
  const counts = Object.entries(countFates(ledger, base));
  const total = counts.reduce((sum, [, number]) => sum + number, 0);
  const structs = ledger.filter((each) => rowsOn(each, base).length > 0).length;
  const parts = counts
    .filter(([, number]) => number > 0)
    .map(([fate, number]) => `${number} ${fate}`);
  return `${base}: ${count(structs, 'struct')}, ${count(total, 'field')}: ${parts.join(', ')}`;
}

function renderStruct(name: string, ledger: StateLedger): string[] {
  const state = ledger.find((each) => each.name === name);
  if (state === undefined)
    throw labError({
      code: 'state-unknown',
      fault: 'usage',
      doing: 'reading the ledger',
      what: `it has no struct ${name}`,
      next: `It has ${ledger.map((each) => each.name).join(', ')}.`,
    });
  const rows = state.rows.flatMap(({ fields, fate, why, cases, uncased, bases }) => [
    `${fate.padEnd(11)} ${fields.join(' ')}${bases === undefined ? '' : `  (${bases.join(', ')})`}`,
    `            ${why}`,
    ...cases.map((each) => `            ${each}`),
    ...(uncased === undefined ? [] : [`            no case: ${uncased}`]),
  ]);
  return [`${name}: ${state.about}`, ...rows];
}
