import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, labError, type LabError } from './errors.ts';

const full = ['ENOSPC', 'EDQUOT'];
const notWritable = ['EROFS', 'EACCES', 'EPERM'];

/**
 * Returns what a full disk or one that can't be written made of a system call, as an error
 * that explains itself: `disk-full`, `not-writable`. Undefined for any other error. A write's
 * own error names no file: `place` does.
 */
export function explainDisk(error: unknown, place?: string): LabError | undefined {
  if (!(error instanceof Error)) return undefined;
  const where = 'path' in error && typeof error.path === 'string' ? error.path : place;
  if (hasCode(error, ...full))
    return labError({
      code: 'disk-full',
      fault: 'infrastructure',
      doing: 'writing to the disk',
      what: `no space left${where === undefined ? '' : ` for ${where}`}`,
      next: 'Make room (`npm run lab -- cache prune` removes what was not used for long), then run again: nothing half-done was kept.',
      cause: error,
    });
  if (where === undefined || !hasCode(error, ...notWritable)) return undefined;
  return labError({
    code: 'not-writable',
    fault: 'infrastructure',
    doing: 'writing to the disk',
    what: error.message,
    next: 'Make that place writable; LAB_HOME names another lab home, --results another place for results.',
    cause: error,
  });
}

/** Makes a folder, with those above it. Throws as explainDisk() says. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeEach(path);
  } catch (error) {
    // Node's word for a folder above it that can't be made because the disk is read-only.
    if (!hasCode(error, 'ENOENT')) throw explainDisk(error, path) ?? error;
    const refused = Object.assign(new Error(`can't make ${path}`), { code: 'EROFS' });
    throw explainDisk(refused, path) ?? refused;
  }
}

/** Folder by folder: in /proc, where none can be made, Node's own `recursive` never ends. */
async function makeEach(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeEach(dirname(path));
    // Another lab may have been faster.
    await mkdir(path).catch((late: unknown) => {
      if (!hasCode(late, 'EEXIST')) throw late;
    });
  }
}
