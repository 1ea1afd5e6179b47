/**
 * Returns a request line for the resident shim: words separated by tabs, so tabs, line
 * ends and backslashes within a word are written as in C.
 */
export function encodeRequest(id: number, argv: readonly string[]): string {
  return `${[String(id), ...argv.map(escapeWord)].join('\t')}\n`;
}

function escapeWord(word: string): string {
  return word.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character);
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/**
 * Returns a function that is fed chunks and calls back with each complete line. A line may
 * arrive in thousands of pieces (a whole image in base64 is one line), so they are joined
 * once, at its end. Throws a RangeError when a line grows beyond `longest` bytes.
 */
export function lineSplitter(
  longest: number,
  onLine: (line: string) => void,
): (chunk: Uint8Array) => void {
  let pieces: Uint8Array[] = [];
  let held = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = Buffer.concat([...pieces, rest.subarray(0, end)]).toString('utf8');
      pieces = [];
      held = 0;
      rest = rest.subarray(end + 1);
      onLine(line);
    }
    held += rest.length;
    if (held > longest) throw new RangeError(`a line of more than ${longest} bytes`);
    if (rest.length > 0) pieces.push(rest);
  };
}
