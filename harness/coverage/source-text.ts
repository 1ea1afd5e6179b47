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

/**
 * Returns, for each line of C in the kernel's style, the name of the function that it is in, its
 * head included; of one that a macro declares, the macro's first argument.
 */
export function findFunctions(lines: readonly string[]): (string | undefined)[] {
  const found = lines.map((): string | undefined => undefined);
  lines.forEach((line, index) => {
    if (!/^(\{|\w.*\)\s*\{)\s*$/.test(line)) return;
    const first = findHead(lines, index);
    const head = lines.slice(first, index + 1).join(' ');
    const [, name, argument] = /(\w+)\s*\(\s*(\w*)/.exec(head) ?? [];
    const end = lines.findIndex((each, at) => at > index && each.startsWith('}'));
    if (name !== undefined && end >= 0)
      found.fill(/^[A-Z0-9_]+$/.test(name) ? argument : name, first, end + 1);
  });
  return found;
}

/** Returns where the head of what a bracket opens begins: after what is before it. */
function findHead(lines: readonly string[], bracket: number): number {
  let first = bracket;
  while (first > 0 && !/^\s*$|^#|^\}|[;:]\s*$|\*\/\s*$/.test(lines[first - 1] ?? '')) first -= 1;
  return first;
}
