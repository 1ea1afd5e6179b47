import { Buffer } from 'node:buffer';
import { assert } from '../cr/case.ts';
import type { Guest, Subject, SubjectOptions } from '../cr/case.ts';

/** A `self` subject that has saved itself, and its image. */
export interface Saved {
  readonly self: Subject;
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Starts a `self` subject and lets it save itself with known values in its registers; it has
 * put others into them when this returns.
 */
export async function savedSelf(guest: Guest, options?: SubjectOptions): Promise<Saved> {
  return savedBy(guest, await guest.subject('self', options));
}

/** The same, of a `self` subject that is there already. */
export async function savedBy(guest: Guest, self: Subject): Promise<Saved> {
  const path = `${await guest.folder()}/image`;
  const answer = wordsOf(await self.ask(`checkpoint 0 ${path}`));
  assert.is(answer['errno'], 'none');
  assert.ok(Number(answer['ret']) > 0, 'the caller gets an id');
  return { self, path, bytes: Buffer.from(await guest.read(path)) };
}

/** Writes another image, has the subject restart from it, and returns the words it answers. */
export async function restartFrom(
  guest: Guest,
  { self, path }: Saved,
  bytes: Buffer,
): Promise<Readonly<Record<string, string>>> {
  await guest.write(`${path}.other`, bytes);
  return wordsOf(await self.ask(`restart ${path}.other`));
}

/** Asserts that the registers of a `self` are what it has put there since it saved itself. */
export async function untouched({ self }: Saved): Promise<void> {
  assert.is(await self.ask('check'), 'now=after');
}

/** Returns the `key=value` words of a line. */
export function wordsOf(line: string): Readonly<Record<string, string>> {
  return Object.fromEntries(line.split(' ').map((word) => word.split('=', 2) as [string, string]));
}
