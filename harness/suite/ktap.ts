/** A test as TAP or KTAP reports it. */
export interface TapTest {
  /** Its own name, after those of the tests it is part of: `example > example_simple_test`. */
  readonly name: string;
  readonly ok: boolean;
  /** Why it does not count: its SKIP or TODO. */
  readonly skip?: string;
  /** What was said since the test before it. */
  readonly said: readonly string[];
}

export interface TapReport {
  readonly tests: readonly TapTest[];
  /** Why it is not whole: less than planned, `Bail out!`; undefined if it is. */
  readonly broken: string | undefined;
}

interface Level {
  readonly indent: number;
  planned: number | undefined;
  reported: number;
  /** Leaves that have been reported below this indent and belong to no test yet. */
  tests: TapTest[];
}

const resultLine = /^( *)(not )?ok\b *(\d*) *(?:- )?(.*)$/;
const planLine = /^( *)1\.\.(\d+)/;
const directive = /^(.*?)\s*#\s*(skip|todo)\b\S*\s*(.*)$/i;

/**
 * Reads TAP, also as the kernel's tests write it (Documentation/dev-tools/ktap.rst): a test's
 * parts stand before it, deeper indented. What is neither is what the next test has said.
 * Lines of a console may have their times before them. A test that has parts is told of by
 * itself only where it failed though they did not.
 */
export function readTap(lines: readonly string[]): TapReport {
  const levels: Level[] = [];
  const problems: string[] = [];
  let said: string[] = [];
  let top: TapTest[] = [];
  const close = (level: Level): void => {
    if (level.planned !== undefined && level.planned !== level.reported)
      problems.push(`${level.planned} tests planned, ${level.reported} reported`);
  };
  const levelAt = (indent: number): { level: Level; parts: TapTest[] } => {
    let parts: TapTest[] = [];
    while ((levels.at(-1)?.indent ?? -1) > indent) {
      const deeper = levels.pop();
      if (deeper === undefined) break;
      close(deeper);
      parts = [...deeper.tests, ...parts];
    }
    const known = levels.at(-1);
    if (known?.indent === indent) return { level: known, parts };
    const level: Level = { indent, planned: undefined, reported: 0, tests: [] };
    levels.push(level);
    return { level, parts };
  };
  for (const raw of lines) {
    const line = raw.replace(/^\[ *\d+\.\d+\] /, '').trimEnd();
    const bail = /^ *Bail out!\s*(.*)$/.exec(line);
    if (bail !== null) {
      problems.push(`it bailed out: ${bail[1] ?? ''}`);
      continue;
    }
    const plan = planLine.exec(line);
    if (plan !== null) {
      levelAt((plan[1] ?? '').length).level.planned = Number(plan[2]);
      continue;
    }
    const result = resultLine.exec(line);
    if (result === null) {
      if (line.trim() !== '') said.push(line.trim());
      continue;
    }
    const [, blanks = '', not, number = '', words = ''] = result;
    const { level, parts } = levelAt(blanks.length);
    level.reported += 1;
    const marked = directive.exec(words);
    const name = ((marked?.[1] ?? words).trim() || number).trim();
    const own: TapTest = {
      name,
      ok: not === undefined,
      ...(marked === null
        ? {}
        : { skip: marked[3] === '' ? (marked[2] ?? '') : (marked[3] ?? '') }),
      said,
    };
    said = [];
    const under = parts.map((part) => ({ ...part, name: `${name} > ${part.name}` }));
    const speaks = under.length === 0 || (!own.ok && under.every(({ ok }) => ok));
    level.tests.push(...under, ...(speaks ? [own] : []));
  }
  while (levels.length > 0) {
    const last = levels.pop();
    if (last === undefined) break;
    close(last);
    top = [...last.tests, ...top];
  }
  if (top.length === 0) problems.push('it reports no test');
  return { tests: top, broken: problems.length === 0 ? undefined : problems.join('; ') };
}
