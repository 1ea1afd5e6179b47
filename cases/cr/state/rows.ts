import type { Fate, StateRow } from '../../../harness/project.ts';

/** Returns a row. `fields` are names with blanks between them. */
function row(fate: Fate, fields: string, why: string, cases: readonly string[]): StateRow {
  return { fields: fields.split(/\s+/).filter((field) => field !== ''), fate, why, cases };
}

/** Fields that are in the image. `why` says in which record, and what else there is to them. */
export function saved(fields: string, why: string, ...cases: readonly string[]): StateRow {
  return row('saved', fields, why, cases);
}

/** Fields that are made anew. `why` says of what. */
export function derived(fields: string, why: string, ...cases: readonly string[]): StateRow {
  return row('derived', fields, why, cases);
}

/** Fields that keep a task from being saved. `why` is what the record says of it. */
export function refused(fields: string, why: string, ...cases: readonly string[]): StateRow {
  return row('refused', fields, why, cases);
}

/** Fields of which nobody can tell whether they came back. `why` says why not. */
export function indifferent(fields: string, why: string): StateRow {
  return row('indifferent', fields, why, []);
}

/** Fields that are gone without a word. `why` says what a user sees of that; the cases fail. */
export function lost(fields: string, why: string, ...cases: readonly string[]): StateRow {
  return row('lost', fields, why, cases);
}

/** Fields that nobody has looked at yet. */
export function open(fields: string): StateRow {
  return row('open', fields, 'nobody has looked yet', []);
}

/** Returns a row as one that no case shows, and why. */
export function uncased(why: string, of: StateRow): StateRow {
  return { ...of, uncased: why };
}

/** Returns rows as of one base only. */
export function only(base: 'v2.6.30' | 'v6.1', ...rows: readonly StateRow[]): readonly StateRow[] {
  return rows.map((each) => ({ ...each, bases: [base] }));
}
