import type { Base } from '../../kernel/base.ts';
import { readElf } from '../../kernel/build/elf.ts';
import { readStructFields, type StructFields } from '../../kernel/build/struct-fields.ts';
import { labError } from '../core/errors.ts';
import type { Project } from '../core/project.ts';
import type { StateLedger } from '../core/state.ts';
import { findCaseFiles, listCases } from '../suite/list-cases.ts';

/** Returns a project's ledger. Throws `state-missing` (usage) where it has none. */
export function ledgerOf({ name, state }: Pick<Project, 'name' | 'state'>): StateLedger {
  if (state !== undefined) return state;
  throw labError({
    code: 'state-missing',
    fault: 'usage',
    doing: "looking for what becomes of the kernel's state",
    what: `the project ${name} does not account for it`,
    next: 'docs/projects.md says what `state` of a lab.config.ts is.',
  });
}

/** Returns the fields of a ledger's structs in a kernel. Throws `vmlinux-unreadable`. */
export async function readLedgerFields(
  vmlinux: string,
  ledger: StateLedger,
): Promise<StructFields> {
  const elf = await readElf(vmlinux);
  try {
    return readStructFields(elf, new Set(ledger.map(({ name }) => name)));
  } catch (cause) {
    throw labError({
      code: 'vmlinux-unreadable',
      fault: 'infrastructure',
      doing: "reading a kernel's structs",
      what: `${vmlinux}: ${(cause as Error).message}`,
      next: 'Build the kernel with debugging information of DWARF 2 to 5.',
      cause,
    });
  }
}

/**
 * Returns what tells whether there is a case: `signals: handlers` is the case `handlers`, or those
 * whose names begin with `handlers:`, of cases/signals.ts.
 */
export async function readCaseNames(
  project: Pick<Project, 'root' | 'cases'>,
): Promise<(name: string) => boolean> {
  const { cases } = await listCases(await findCaseFiles([], project), project.root);
  const names = new Set(
    cases.flatMap(({ file, test }) => {
      const [folded = ''] = test.split(':');
      const stem = file.replace(/^.*\//, '').replace(/\.ts$/, '');
      return [`${stem}: ${test}`, `${stem}: ${folded}`];
    }),
  );
  return (name) => names.has(name);
}

/** Returns the names of a project's bases. */
export function namesOf(bases: readonly Base[]): readonly string[] {
  return bases.map(({ name }) => name);
}
