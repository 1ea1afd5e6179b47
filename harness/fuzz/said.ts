/** What a project's program says of the mutants it has tried: docs/fuzz.md. */
export interface Said {
  readonly counts: Readonly<Record<string, number>>;
  /** What it has found itself: `17 gained: task 4 has Uid: 0`. */
  readonly findings: readonly string[];
}

/** Reads a program's lines; others than it may say are nothing. */
export function readSaid(lines: readonly string[]): Said {
  const counts: Record<string, number> = {};
  const findings: string[] = [];
  for (const line of lines) {
    const [, name = '', number] = /^count (\S+) (\d+)$/.exec(line) ?? [];
    if (number !== undefined) counts[name] = (counts[name] ?? 0) + Number(number);
    const [, finding] = /^finding (.+)$/.exec(line) ?? [];
    if (finding !== undefined) findings.push(finding);
  }
  return { counts, findings };
}

/** A mutant as its program shows it. */
export interface Shown {
  /** By their numbers. */
  readonly mutations: ReadonlyMap<number, string>;
  /** What the program is told to try the mutant's file again. */
  readonly words: readonly string[];
}

/** Reads what a program says of one mutant. */
export function readShown(lines: readonly string[]): Shown {
  const mutations = new Map<number, string>();
  let words: readonly string[] = [];
  for (const line of lines) {
    const [, number, text = ''] = /^mutation (\d+) (.*)$/.exec(line) ?? [];
    if (number !== undefined) mutations.set(Number(number), text);
    const [, rest] = /^words (.+)$/.exec(line) ?? [];
    if (rest !== undefined) words = rest.split(' ');
  }
  return { mutations, words };
}

/** Returns the sum of counts, name by name. */
export function addCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
