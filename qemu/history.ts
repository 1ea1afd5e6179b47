/**
 * Lines and characters kept in memory. A run prints some thousand lines; a guest that
 * floods its console is scanned to its end, but only the newest lines stay.
 */
const keptLines = 50_000;
const keptCharacters = 16_000_000;

export interface History {
  readonly lines: readonly string[];
  /** Index of lines[0] among all lines ever added. */
  first(): number;
  /** Adds a line and returns its index. */
  add(line: string): number;
}

/** Returns a history that keeps the newest lines, up to twice the limits above. */
export function createHistory(): History {
  const lines: string[] = [];
  let characters = 0;
  let first = 0;

  /** Drops half at a time, so that a flood does not move the array at every line. */
  function forget(): void {
    let drop = 0;
    while (lines.length - drop > keptLines || characters > keptCharacters)
      characters -= lines[drop++]?.length ?? 0;
    lines.splice(0, drop);
    first += drop;
  }

  return {
    lines,
    first: () => first,
    add: (line) => {
      lines.push(line);
      characters += line.length;
      const index = first + lines.length - 1;
      if (lines.length > 2 * keptLines || characters > 2 * keptCharacters) forget();
      return index;
    },
  };
}
