import type { PlannedCase } from './events.ts';

/** Returns the command that runs one case alone, safe to paste into a shell. */
export function describeRerun({ file, suite, test, base }: PlannedCase): string {
  const grep = escapeForRegExp(`${suite} > ${test}`);
  return `npm run lab -- run ${quote(file)} --grep ${quote(`${grep}$`)} --base ${quote(base)}`;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
