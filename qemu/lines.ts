import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is cut: nothing a kernel prints comes near it. */
const longestLine = 4096;

/** Terminal escapes, and every control byte but the tab. */
// eslint-disable-next-line no-control-regex
const noise = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[@-_]|[\u0000-\u0008\u000b-\u001f\u007f]/g;

export interface LineSplitter {
  /** Takes the next bytes as they came; bytes that are no UTF-8 become U+FFFD. */
  feed(bytes: Uint8Array): void;
  /** Hands out what comes after the last line end. */
  end(): void;
  /** The unfinished line, cleaned. */
  partial(): string;
}

/**
 * Returns a splitter that hands out complete lines, without line ends, terminal escapes
 * and control bytes. It holds at most one line.
 */
export function splitLines(emit: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      emit(cleanLine(rest + text.slice(start, end)));
      rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    while (rest.length > longestLine) {
      emit(cleanLine(rest.slice(0, longestLine)));
      rest = rest.slice(longestLine);
    }
  }

  return {
    feed: (bytes) => take(decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))),
    end: () => {
      take(decoder.end());
      if (rest === '') return;
      emit(cleanLine(rest));
      rest = '';
    },
    partial: () => cleanLine(rest),
  };
}

function cleanLine(line: string): string {
  return line.replace(noise, '');
}
