/**
 * Tells, for each line of C, whether anything but a comment, a directive of the preprocessor or
 * brackets stands on it.
 */
export function findCode(lines: readonly string[]): boolean[] {
  let inComment = false;
  let inDirective = false;
  return lines.map((line) => {
    let code = '';
    for (let at = 0; at < line.length;) {
      if (inComment) {
        const end = line.indexOf('*/', at);
        if (end < 0) break;
        [inComment, at] = [false, end + 2];
      } else if (line.startsWith('/*', at)) {
        [inComment, at] = [true, at + 2];
      } else if (line.startsWith('//', at)) {
        break;
      } else {
        // What is in a string is not looked at: it may hold what looks like a comment.
        const text = /^"(?:\\.|[^"\\])*"|^./.exec(line.slice(at))?.[0] ?? '';
        [code, at] = [code + text, at + text.length];
      }
    }
    const isDirective = inDirective || /^\s*#/.test(code);
    inDirective = isDirective && line.endsWith('\\');
    return !isDirective && /[^\s{}();]/.test(code);
  });
}
