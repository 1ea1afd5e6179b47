import { basename } from 'node:path';
import type { GivenPatch } from './given-patch.ts';
import { readMailbox } from './mailbox.ts';
import { takePatch } from './mailed-patch.ts';
import { chooseSeries } from './thread.ts';

/** A series as its reader found it, not yet applied to anything. */
export interface GivenSeries {
  /** In words: `t.mbox: v3, 17 patches`. */
  readonly origin: string;
  readonly patches: readonly GivenPatch[];
  /** The commit that its author says it is based on. */
  readonly baseCommit?: string | undefined;
  /** What the user should know, a line each. */
  readonly notes: readonly string[];
}

/**
 * Reads a series as it was mailed: an mbox, a maildir, a folder of mails or one mail. Throws what
 * readMailbox(), chooseSeries() and takePatch() throw.
 */
export async function readMailedSeries(path: string, scratch: string): Promise<GivenSeries> {
  const box = await readMailbox(path);
  const { patches, version, baseCommit, leftOut } = chooseSeries(box, path);
  const taken: GivenPatch[] = [];
  for (const [index, mail] of patches.entries())
    taken.push(await takePatch(mail, index + 1, scratch));
  const count = `${taken.length} patch${taken.length === 1 ? '' : 'es'}`;
  const name = version === 1 ? count : `v${version}, ${count}`;
  return {
    origin: `${basename(path)}: ${name}`,
    patches: taken,
    baseCommit,
    notes:
      leftOut.length === 0
        ? []
        : [`${basename(path)}: ${name} taken; left out: ${leftOut.join('; ')}`],
  };
}
