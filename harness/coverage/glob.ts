/**
 * Returns whether a path matches a pattern: `*` and `?` stay within a folder, `**` does not, a
 * pattern that ends with `/` means all below it.
 */
export function matchesGlob(path: string, pattern: string): boolean {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const source = whole.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (word) => {
    const special: Readonly<Record<string, string>> = {
      '**/': '(?:.*/)?',
      '**': '.*',
      '*': '[^/]*',
      '?': '[^/]',
    };
    return special[word] ?? `\\${word}`;
  });
  return new RegExp(`^${source}$`).test(path);
}
