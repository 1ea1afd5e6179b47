/**
 * Returns a diff as `git am` and the lab read it: every file with a line `diff --git`, Unix line
 * ends where a mailer has given all lines those of the wire, and nothing after the last hunk:
 * signatures, and what mailing lists add. `text` is latin1, a character for each byte.
 */
export function tidyDiff(text: string): string {
  const wire = /^(diff --git|\+\+\+) [^\n]*\r$/m.test(text);
  return withHeaders(cutFooter(wire ? text.replaceAll('\r\n', '\n') : text));
}

function cutFooter(text: string): string {
  const lines = text.split('\n');
  let end = lines.length;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    // Of a binary file or a rename nobody counts lines; git ignores what follows.
    if (/^(GIT binary patch|rename to |copy to |new mode )/.test(line)) end = lines.length;
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk === null) continue;
    let [old, fresh] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    while ((old > 0 || fresh > 0) && at + 1 < lines.length) {
      const first = lines[(at += 1)]?.[0];
      if (first === '+') fresh -= 1;
      else if (first === '-') old -= 1;
      else if (first !== '\\') [old, fresh] = [old - 1, fresh - 1];
    }
    if (lines[at + 1]?.startsWith('\\') === true) at += 1;
    end = at + 1;
  }
  return `${lines.slice(0, end).join('\n').replace(/\n+$/, '')}\n`;
}

const none = '/dev/null';

/** Adds what plain `diff -u` and quilt leave out. The first folder of a name is a prefix. */
function withHeaders(text: string): string {
  if (/^diff --git /m.test(text)) return text;
  return text.replaceAll(
    /^--- (\S+)[^\n]*\n\+\+\+ (\S+)[^\n]*$/gm,
    (_, old: string, fresh: string) => {
      const name = (fresh === none ? old : fresh).replace(/^[^/]+\//, '');
      const mode =
        old === none
          ? 'new file mode 100644\n'
          : fresh === none
            ? 'deleted file mode 100644\n'
            : '';
      const [from, to] = [old === none ? none : `a/${name}`, fresh === none ? none : `b/${name}`];
      return `diff --git a/${name} b/${name}\n${mode}--- ${from}\n+++ ${to}`;
    },
  );
}
