/** Lines a report keeps of a case: the last ones. */
const keptLines = 50;
const longestLine = 2000;
const longestCall = 300;

/** What a case asked of the shim, and the answers: a line for each call. */
export interface Transcript {
  readonly lines: readonly string[];
  /** Adds a call; `prefix` says which guest's, if there is more than one. */
  readonly add: (argv: readonly string[], answer: object, prefix?: string) => void;
}

/**
 * Returns an empty transcript. Of a call made again and again, as of who waits for something, it
 * keeps the first line and the last: they would push out what led there.
 */
export function createTranscript(): Transcript {
  const lines: string[] = [];
  let [last, times] = ['', 0];
  const add: Transcript['add'] = (argv, answer, prefix = '') => {
    const call = `${prefix}${argv.join(' ').slice(0, longestCall)}`;
    const said = { ...answer, ...('data' in answer ? { data: '…' } : {}) };
    const line = `${call} -> ${JSON.stringify(said)}`.slice(0, longestLine);
    times = call === last ? times + 1 : 1;
    last = call;
    if (times > 2) lines.splice(times === 3 ? -1 : -2, 2, `[… ${times - 2} more of these …]`);
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  };
  return { lines, add };
}
