/** What becomes of a field of a kernel's struct where a project saves what is in there. */
export type Fate =
  /** It is in what is saved, and comes back. */
  | 'saved'
  /** It is made anew from something else that is saved, or from who restores. */
  | 'derived'
  /** What it holds keeps it from being saved, and is named. */
  | 'refused'
  /** Nobody can tell whether it came back. */
  | 'indifferent'
  /** It is gone without a word: a defect that is known. */
  | 'lost'
  /** Nobody has looked yet. */
  | 'open';

/** Fields that share a fate and the reason for it. */
export interface StateRow {
  /**
   * Their names, as the kernel's debugging information has them: `comm`, `futex.uaddr`. Parts of
   * a field that differ from the rest have rows of their own: `flags[PF_MCE_EARLY]`.
   */
  readonly fields: readonly string[];
  readonly fate: Fate;
  readonly why: string;
  /** Cases that show it: `comes-back-signals: handlers`. */
  readonly cases: readonly string[];
  /** Why there is no case, where there should be one. */
  readonly uncased?: string | undefined;
  /** The bases that have them; all by default. */
  readonly bases?: readonly string[] | undefined;
}

/** What becomes of a struct, field by field. */
export interface StructState {
  /** Its name, or that of a typedef: `task_struct`. */
  readonly name: string;
  /** What one is: `a thread`. */
  readonly about: string;
  readonly rows: readonly StateRow[];
}

/** A project's account of all structs that it saves something of. */
export type StateLedger = readonly StructState[];

/** What is wrong with a ledger: where, and what. */
export interface StateMistake {
  /** `task_struct.comm`, or a struct's name. */
  readonly where: string;
  readonly what: string;
}

/** Returns the field that a row's word is about: `flags` of `flags[PF_MCE_EARLY]`. */
export function fieldOf(word: string): string {
  return word.replace(/\[.*$/, '');
}

/** Returns the rows of a struct that are about a base. */
export function rowsOn({ rows }: StructState, base: string): readonly StateRow[] {
  return rows.filter(({ bases }) => bases === undefined || bases.includes(base));
}

/**
 * Returns what is wrong with a ledger in itself: a field twice, a row that gives no reason, a case
 * that is missing or not there, a base that there is not. `isCase` tells whether there is a case.
 */
export function checkLedger(
  ledger: StateLedger,
  bases: readonly string[],
  isCase: (name: string) => boolean,
): StateMistake[] {
  const names = ledger.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((where) => ({ where, what: 'is in the ledger twice' })),
    ...ledger.flatMap((each) => [
      ...each.rows.flatMap((row) => checkRow(each.name, row, bases, isCase)),
      ...bases.flatMap((base) => checkTwins(each, base)),
    ]),
  ];
}

function checkRow(
  name: string,
  { fields, fate, why, cases, uncased, bases: on }: StateRow,
  bases: readonly string[],
  isCase: (name: string) => boolean,
): StateMistake[] {
  const shown = fate === 'saved' || fate === 'refused';
  const wrong = [
    ...(fields.length === 0 ? ['a row is about no field'] : []),
    ...(why.trim() === '' ? ['a row gives no reason'] : []),
    ...(shown && cases.length === 0 && (uncased ?? '').trim() === ''
      ? [`it is ${fate}, and neither a case shows it nor a reason says why there is none`]
      : []),
    ...(cases.length > 0 && uncased !== undefined
      ? ['a row has a case and a reason for none']
      : []),
    ...cases.filter((each) => !isCase(each)).map((each) => `there is no case "${each}"`),
    ...(on ?? []).filter((each) => !bases.includes(each)).map((each) => `there is no base ${each}`),
  ];
  const where = fields.length === 0 ? name : `${name}.${fields.join(' ')}`;
  return wrong.map((what) => ({ where, what }));
}

/** A field has one row on a base, and one more for each part that it names. */
function checkTwins(state: StructState, base: string): StateMistake[] {
  const words = rowsOn(state, base).flatMap(({ fields }) => fields);
  return words
    .filter((word, index) => words.indexOf(word) < index)
    .map((word) => ({ where: `${state.name}.${word}`, what: `has two rows on ${base}` }));
}

/**
 * Returns where a ledger and a kernel disagree: fields that it does not know, and such that the
 * kernel does not have. `fields` are those of each struct that was found.
 */
export function compareLedger(
  ledger: StateLedger,
  base: string,
  fields: ReadonlyMap<string, readonly string[]>,
): StateMistake[] {
  return ledger.flatMap((state) => {
    const { name } = state;
    const known = new Set(rowsOn(state, base).flatMap((row) => row.fields.map(fieldOf)));
    const found = fields.get(name);
    if (found === undefined)
      return known.size === 0
        ? []
        : [{ where: name, what: `${base} has no such struct, or says nothing of its fields` }];
    return [
      ...found
        .filter((field) => !known.has(field))
        .map((field) => ({
          where: `${name}.${field}`,
          what: `${base} has it, the ledger does not`,
        })),
      ...[...known]
        .filter((field) => !found.includes(field))
        .map((field) => ({
          where: `${name}.${field}`,
          what: `the ledger has it, ${base} does not`,
        })),
    ];
  });
}

/** Returns how many fields of a base have each fate; a field in parts counts once for each. */
export function countFates(ledger: StateLedger, base: string): Readonly<Record<Fate, number>> {
  const counts = { saved: 0, derived: 0, refused: 0, indifferent: 0, lost: 0, open: 0 };
  for (const state of ledger)
    for (const { fate, fields } of rowsOn(state, base)) counts[fate] += fields.length;
  return counts;
}
