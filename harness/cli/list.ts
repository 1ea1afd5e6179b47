import type { Command } from 'commander';
import { findBase } from '../../kernel/bases.ts';
import { readSeries } from '../../kernel/series/series.ts';
import { findCaseFiles, listCases } from '../suite/list-cases.ts';
import type { ProjectCli } from '../core/project.ts';
import { readKnown } from '../plan/known.ts';
import { offerOf } from '../plan/needs.ts';
import { buildPlan, type PlanEntry } from '../plan/plan.ts';
import { expression } from './parse.ts';
import { findCaseFile } from './run.ts';
import { defined } from '../core/defined.ts';

interface Typed {
  readonly base?: string;
  readonly grep?: RegExp;
  readonly json?: true;
}

/** A case, and what becomes of it on each base that was asked about. */
export interface ListedRow {
  readonly id: string;
  readonly on: readonly {
    readonly base: string;
    /** Why it would be skipped there. */
    readonly skip?: string;
    /** Why it is known to fail there. */
    readonly known?: string;
  }[];
  /** Why it can't be run at all. */
  readonly mistake?: string;
}

/** Adds `lab list`. It builds and boots nothing, and leaves with 3 if a case file is broken. */
export function addListCommand(program: Command, cli: ProjectCli): void {
  program
    .command('list')
    .description('list the cases, and where one would be skipped; builds and boots nothing')
    .argument('[files...]', 'case files; all by default')
    .option('--base <name>', "the kernel; all of the project's by default")
    .option('--grep <expression>', 'only cases whose file, suite or name matches', expression)
    .option('--json', 'print it as JSON')
    .action(async (names: readonly string[], typed: Typed) => {
      const paths = names.map((name) => findCaseFile(name, cli));
      const rows = await listRows(paths, typed, cli);
      const lines = typed.json === true ? [JSON.stringify(rows, null, 1)] : rows.map(renderRow);
      cli.stdout.write(`${lines.join('\n')}\n`);
      // Of standard output every line is a case: that is for the reader, not for the pipe.
      cli.stderr.write(`${rows.length} case${rows.length === 1 ? '' : 's'}\n`);
      cli.status = rows.some(({ mistake }) => mistake !== undefined) ? 3 : 0;
    });
}

async function listRows(
  paths: readonly string[],
  { base, grep }: Typed,
  { root, project }: ProjectCli,
): Promise<readonly ListedRow[]> {
  const asked =
    base === undefined || base === 'all' ? project.bases : [findBase(base, project.bases)];
  const files = await findCaseFiles(paths, project);
  const [listing, known, series] = await Promise.all([
    listCases(files, root),
    readKnown(project),
    Promise.all(asked.map(async (each) => readSeries(each))),
  ]);
  const { entries } = buildPlan({
    listing,
    files,
    grep,
    known,
    durations: {},
    ci: false,
    whole: paths.length === 0,
    bases: series.map(offerOf),
  });
  const ids = [...new Set(entries.map(({ planned }) => planned.id))];
  const entriesOf = new Map<string, PlanEntry[]>(ids.map((id) => [id, []]));
  for (const entry of entries) entriesOf.get(entry.planned.id)?.push(entry);
  return [...entriesOf].map(([id, each]) => rowOf(id, each));
}

function rowOf(id: string, entries: readonly PlanEntry[]): ListedRow {
  const mistake = entries.find((entry) => entry.mistake !== undefined)?.mistake;
  return {
    id,
    on: entries.map(({ planned, unmet, known }) => ({
      base: planned.base,
      ...defined({ skip: unmet, known: known?.reason }),
    })),
    ...defined({ mistake: mistake?.what }),
  };
}

/** Returns a case as a line: its id, and what there is to say of it. */
export function renderRow({ id, on, mistake }: ListedRow): string {
  const remarks = [
    ...(mistake === undefined ? [] : [`error: ${mistake}`]),
    ...on.flatMap(({ base, skip }) => (skip === undefined ? [] : [`skipped on ${base}: ${skip}`])),
    ...on.flatMap(({ base, known }) =>
      known === undefined ? [] : [`known to fail on ${base}: ${known}`],
    ),
  ];
  return remarks.length === 0 ? id : `${id}  (${remarks.join('; ')})`;
}
