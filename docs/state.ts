// Prints the page: node --import tsx docs/state.ts > docs/state.md
import { ledger, worstLosses } from '../cases/cr/state/ledger.ts';
import { countFates, type StateRow, type StructState } from '../harness/core/state.ts';

const bases = ['v2.6.30', 'v6.1'] as const;

const fates = {
  saved: 'it is in the image and comes back; of which record is said, and a case shows it',
  derived: 'it is made anew from something else that is saved, or from who restores; of what is said',
  refused: 'a task that has it is not saved: the error record says so, in these words, and a case shows it',
  indifferent: 'nobody can tell whether it came back; why not is said',
  lost: '**gone without a word**: a defect that is known; what a user sees of it is said',
  open: 'nobody has looked yet',
} as const;

/** Returns docs/state.md. */
export function renderState(): string {
  return [
    '# What becomes of a task’s state',
    '',
    '<!-- Made from cases/cr/state by docs/state.ts. -->',
    '',
    'Every field of the structs that hold a task’s state, on each base as it is configured, and what a',
    'checkpoint and a restart make of it. The fields are those that the built kernel’s debugging',
    'information has: `npm run lab -- state` holds this ledger against it, and a field that the ledger',
    'does not know is red, as is one that no kernel has, a case that is not there and a row without a',
    'reason. So a new base, or another configuration, shows what is new.',
    '',
    '| word | means |',
    '| --- | --- |',
    ...Object.entries(fates).map(([fate, means]) => `| ${fate} | ${means} |`),
    '',
    'Parts of a field that have another fate than the rest stand in brackets: `flags[PF_MCE_EARLY]`.',
    'A case is named by its file and by how its name begins: `comes-back-signals: handlers`.',
    '',
    `| | ${Object.keys(fates).join(' | ')} |`,
    `| --- ${'| ---: '.repeat(Object.keys(fates).length)}|`,
    ...bases.map((base) => {
      const counts = countFates(ledger, base);
      return `| ${base} | ${(Object.keys(fates) as (keyof typeof fates)[]).map((fate) => counts[fate]).join(' | ')} |`;
    }),
    '',
    '## What is lost',
    '',
    'The most harmful first. Cases show what is lost, too; they are known to fail.',
    '',
    ...renderLosses(),
    '',
    '## Struct by struct',
    '',
    ...ledger.flatMap(renderStruct),
  ].join('\n');
}

interface Loss {
  readonly why: string;
  readonly where: readonly string[];
  readonly cases: readonly string[];
  /** Its place among the others. */
  readonly rank: number;
}

/** The same loss in several structs is told once. */
function listLosses(): readonly Loss[] {
  const told = new Map<string, Loss>();
  for (const { name, rows } of ledger)
    for (const { fate, fields, why, cases, bases: on } of rows) {
      if (fate !== 'lost') continue;
      const before = told.get(why);
      const words = fields.map((field) => `\`${name}.${field}\``).join(' ');
      const place = worstLosses.indexOf(`${name}.${fields[0] ?? ''}`);
      told.set(why, {
        why,
        where: [...(before?.where ?? []), on === undefined ? words : `${words} (${on.join(', ')})`],
        cases: [...new Set([...(before?.cases ?? []), ...cases])],
        rank: Math.min(before?.rank ?? Infinity, place < 0 ? Infinity : place),
      });
    }
  return [...told.values()].sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank));
}

function renderLosses(): string[] {
  return [
    '| field | what a user sees | cases |',
    '| --- | --- | --- |',
    ...listLosses().map(
      ({ why, where, cases }) =>
        `| ${cell(where.join(' '))} | ${cell(why)} | ${cases.map((each) => `\`${each}\``).join('; ')} |`,
    ),
  ];
}

function renderStruct(state: StructState): string[] {
  return [
    `### ${state.name}`,
    '',
    `${capital(state.about)}.`,
    '',
    '| fields | fate | how, or why | cases |',
    '| --- | --- | --- | --- |',
    ...state.rows.map(renderRow),
    '',
  ];
}

function renderRow({ fields, fate, why, cases, uncased, bases: on }: StateRow): string {
  const names = cell(fields.map((field) => `\`${field}\``).join(' '));
  const where = on === undefined ? '' : ` (${on.join(', ')})`;
  const shown =
    uncased === undefined ? cases.map((each) => `\`${each}\``).join('; ') : `none: ${uncased}`;
  const word = fate === 'lost' ? '**lost**' : fate;
  return `| ${names}${where} | ${word} | ${cell(why)} | ${cell(shown)} |`;
}

/** A table's cell can't hold a bar. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(renderState());
