/** A line of the file `series`, with the comments and blank lines above it. */
export interface ListEntry {
  readonly above: readonly string[];
  readonly file: string;
}

export interface SeriesList {
  readonly entries: readonly ListEntry[];
  /** What follows the last patch. */
  readonly below: readonly string[];
}

/** Reads the file `series`: one patch a line, `#` begins a comment. */
export function parseList(text: string): SeriesList {
  const entries: ListEntry[] = [];
  let above: string[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const file = line.replace(/#.*/, '').trim();
    if (file === '') {
      above.push(line);
    } else {
      entries.push({ above, file });
      above = [];
    }
  }
  return { entries, below: above };
}

/**
 * Returns the text of the file `series` for new patches, each with the name its patch had
 * in the old file, if it had one; what stood above an old patch still stands above it.
 */
export function formatList(
  old: SeriesList,
  files: readonly { readonly file: string; readonly was: string | undefined }[],
): string {
  const lines = files.flatMap(({ file, was }) => [
    ...(old.entries.find((entry) => entry.file === was)?.above ?? []),
    file,
  ]);
  return [...lines, ...old.below].map((line) => `${line}\n`).join('');
}
