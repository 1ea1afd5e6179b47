import { labError } from '../../harness/core/errors.ts';
import type { Base } from '../base.ts';

/** Returns the environment variable that names a base's source: LAB_SOURCE_V2_6_30. */
export function sourceVariable(base: Base): string {
  return `LAB_SOURCE_${base.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** Returns what the base's variable names; undefined if it is unset or empty. */
export function namedSource(base: Base): string | undefined {
  const named = process.env[sourceVariable(base)];
  return named === '' ? undefined : named;
}

/** The source is not the base: nothing of it was kept. */
export function wrongSource(
  base: Base,
  place: string,
  expected: string,
  found: string,
  next?: string,
): Error {
  return labError({
    code: 'source-id-mismatch',
    fault: 'source',
    doing: `verifying the source of ${base.name}`,
    what: `${place} is not ${base.name}: expected ${expected}, found ${found}`,
    next:
      next ??
      `Give an untouched source of ${base.name} with --source or ${sourceVariable(base)}; nothing of this one was kept.`,
  });
}

/** The place cannot be read as a source at all. */
export function unusableSource(
  base: Base,
  place: string,
  why: string,
  details: readonly string[] = [],
): Error {
  const full = details.some((line) => line.includes('No space left on device'));
  return labError({
    code: full ? 'disk-full' : 'source-unusable',
    fault: full ? 'infrastructure' : 'source',
    doing: `importing the source of ${base.name}`,
    what: full ? `no space left on the disk while reading ${place}` : `${place}: ${why}`,
    next: full
      ? 'Make room on the disk of the lab home, then run again: nothing half-done was kept.'
      : 'Give a git repository, an unpacked source or a tarball with --source.',
    details,
  });
}

/** Nothing that the lab knows of has the source. */
export function noSource(base: Base, tried: readonly string[]): Error {
  return labError({
    code: 'source-unavailable',
    fault: 'source',
    doing: `looking for the source of ${base.name}`,
    what: `no place has it`,
    next: `Name a git repository, an unpacked source or a tarball with --source or ${sourceVariable(base)}.`,
    details: tried,
  });
}
