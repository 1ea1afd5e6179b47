import { join } from 'node:path';
import type { CaseFile } from '../../harness/suite/host-protocol.ts';

/** The repository's root. */
export const root = join(import.meta.dirname, '../..');

/** Returns a case file of test/harness/fixtures by its name without extension. */
export function fixture(name: string): CaseFile {
  const relative = `test/harness/fixtures/${name}.ts`;
  return { name: relative, path: join(root, relative) };
}
