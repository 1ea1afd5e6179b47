import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHome } from '../harness/core/home.ts';
import type { CodeDigest } from './build/code-digest.ts';

/** What of a kernel is not as it was in another build. */
export type CodeChange =
  /** Nothing, or these functions alone. */
  | { readonly functions: ReadonlySet<string> }
  /** Something that no function names, or nobody knows. */
  | 'anything';

/** Returns the digest that an image was kept with; undefined where it has none, or is gone. */
export async function readDigest(image: string, home: LabHome): Promise<CodeDigest | undefined> {
  const text = await readFile(join(home.images, image, 'code.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as CodeDigest);
}

/** Returns what has changed from one build to another. A function that is new is called by one that has changed. */
export function compareCode(
  before: CodeDigest | undefined,
  now: CodeDigest | undefined,
): CodeChange {
  if (before === undefined || before.rest !== now?.rest) return 'anything';
  const changed = Object.entries(before.functions).filter(
    ([name, hash]) => now.functions[name] !== hash,
  );
  return { functions: new Set(changed.map(([name]) => name)) };
}
