import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CaseArtefact } from '../core/events.ts';
import type { ArtefactPlace, ArtefactRules } from '../core/project.ts';
import { middleOut } from '../core/text.ts';
import { statAnswer } from './guest-answers.ts';
import { readGuestFile } from './guest-files.ts';
import type { GuestParts } from './guest-parts.ts';

/** A file of a guest that a case was about. */
export interface Artefact {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A few MiB are looked into; what is bigger would hold up the run. */
const biggest = 16 * 2 ** 20;

/** Lines that a report shows: what went wrong is at the end. */
const shownHead = 20;
const shownTail = 40;

/** Reads an artefact out of the guest; undefined where there is none, or it is too big. */
export async function fetchArtefact(
  parts: GuestParts,
  { path, start }: ArtefactPlace,
): Promise<Artefact | undefined> {
  const { size } = await parts.call(statAnswer, ['stat', path]);
  if (size === undefined || size <= start || size > biggest) return undefined;
  return { path, bytes: await readGuestFile(parts, path, start) };
}

/** Returns an artefact as a report shows it, kept in a folder under a name if there is a folder. */
export async function describeArtefact(
  { path, bytes }: Artefact,
  { name, describe, more }: ArtefactRules,
  keep: { readonly folder: string; readonly name: string } | undefined,
): Promise<CaseArtefact> {
  const lines = middleOut(describe(bytes), shownHead, shownTail, more);
  if (keep === undefined) return { name, path, lines };
  const file = join(keep.folder, keep.name);
  await mkdir(keep.folder, { recursive: true });
  await writeFile(file, bytes);
  return { name, path, lines, file: basename(file) };
}
