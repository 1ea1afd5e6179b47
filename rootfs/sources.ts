import { copyFile, readdir, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dir } from 'tmp-promise';
import type { Context } from '../harness/core/context.ts';
import { hashFile, keep, keyOf } from '../harness/store/cache.ts';
import { labError } from '../harness/core/errors.ts';
import { fetchAptSource } from './apt.ts';
import type { Pin } from './pins.ts';

/** An upstream archive that somebody vouched for. */
export interface ToolSource {
  readonly archive: string;
  readonly sha256: string;
}

/**
 * Returns a tool's source: an archive that a person put into the lab home under the pinned
 * name, else the cache's, else what apt fetches. An archive of the pinned name must have
 * the pinned checksum, wherever it came from; for another version apt's signatures vouch.
 * Throws a source error that says what to put where.
 */
export async function obtainSource(
  pin: Pin,
  { home, signal, emit }: Pick<Context, 'home' | 'signal' | 'emit'>,
): Promise<ToolSource> {
  const byHand = join(home.sources, pin.archive);
  if (existsSync(byHand)) return checked(pin, byHand);
  const { path } = await keep(home.sources, `${pin.name}-${keyOf({ pin })}`, async (fresh) => {
    if (!existsSync('/usr/bin/apt-get')) throw missing(pin, byHand);
    const temporary = await dir({ prefix: 'cr-lab-apt-', unsafeCleanup: true });
    try {
      emit({ type: 'note', text: `fetching ${pin.name}'s source with apt` });
      const { archive, version } = await fetchAptSource(pin.name, temporary.path, signal);
      if (basename(archive) === pin.archive) await checked(pin, archive);
      else
        emit({ type: 'note', text: `${pin.name}: apt has ${version}, pinned is ${pin.version}` });
      await copyFile(archive, join(fresh, basename(archive)));
    } finally {
      await temporary.cleanup();
    }
  });
  const name = (await readdir(path)).find((file) => file.includes('.orig.tar.'));
  if (name === undefined) throw missing(pin, byHand);
  const archive = join(path, name);
  return { archive, sha256: await hashFile(archive) };
}

async function checked(pin: Pin, archive: string): Promise<ToolSource> {
  const sha256 = await hashFile(archive);
  if (sha256 === pin.sha256) return { archive, sha256 };
  throw labError({
    code: 'rootfs-source-mismatch',
    fault: 'source',
    doing: `checking ${pin.name}'s source`,
    what: `${archive} (${(await stat(archive)).size} bytes) has SHA-256 ${sha256}, expected ${pin.sha256}`,
    next: 'Remove it; nothing of it was used.',
  });
}

function missing(pin: Pin, byHand: string): Error {
  return labError({
    code: 'rootfs-source-missing',
    fault: 'source',
    doing: `looking for ${pin.name}'s source`,
    what: 'this system has no apt-get to fetch it with',
    next: `Download ${pin.upstream} and save it as ${byHand} (SHA-256 ${pin.sha256}).`,
  });
}
