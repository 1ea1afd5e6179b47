import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ArchitectureName } from '../harness/core/architectures.ts';
import type { Context } from '../harness/core/context.ts';
import type { ProjectProgram } from '../harness/core/project.ts';
import { keep, keyOf } from '../harness/store/cache.ts';
import { findCompilerFor } from './cross-compiler.ts';
import { packCpio } from './cpio.ts';
import { ensureKeys } from './keys.ts';
import { layOut } from './layout.ts';
import { buildProjectPrograms, refuseTaken } from './project-programs.ts';
import { buildPrograms, type Program } from './programs.ts';
import { buildTools } from './tools.ts';

/** The guest's user space, ready to boot, and how to get into it. */
export interface Rootfs {
  /** Absolute path of the initramfs, a cpio archive compressed with gzip. */
  readonly initramfs: string;
  /** Cache key of everything that went into it. */
  readonly key: string;
  /** Whether it was there already. */
  readonly cached: boolean;
  /** The guest's public host key, base64 of the SSH wire form; no other may answer. */
  readonly hostKey: string;
  /** The private key that the guest lets in, as ssh2 takes it. */
  readonly clientKey: string;
  readonly userName: 'root';
  /** The lab's own programs in the guest's /bin (init is /init). */
  readonly programs: readonly string[];
}

/** The user spaces of a run's guests: one for each architecture that its bases have. */
export type UserSpaces = ReadonlyMap<ArchitectureName, Rootfs>;

/** Returns the user space of a base's guests. */
export function userSpaceOf(
  { architecture }: { readonly architecture: ArchitectureName },
  spaces: UserSpaces,
): Rootfs {
  const rootfs = spaces.get(architecture);
  if (rootfs === undefined) throw new Error(`no user space was built for ${architecture}`);
  return rootfs;
}

/**
 * Returns the user space of an architecture's guests, on every base. Builds what is not in the cache; the same
 * inputs give the same bytes. `own` are a project's programs, `built` more of them that are built already. Throws infrastructure errors for
 * a missing compiler or a failing build, source errors for a missing or wrong archive, and
 * `program-unbuilt` (usage) for a program of the project's.
 */
export async function buildRootfs(
  architecture: ArchitectureName,
  context: Context,
  own: readonly ProjectProgram[] = [],
  built: readonly Program[] = [],
): Promise<Rootfs> {
  const [compiler, keys] = await Promise.all([
    findCompilerFor(architecture, context),
    ensureKeys(context.home.keys),
  ]);
  const [programs, tools] = await Promise.all([
    buildPrograms(context, compiler),
    buildTools(context, compiler),
  ]);
  const taken = [...programs.map(({ name }) => name), ...tools.applets, 'busybox', 'dropbear'];
  refuseTaken(built, [...taken, ...own.map(({ name }) => name)]);
  const added = await buildProjectPrograms(own, taken, context, compiler);
  const paths = [
    ...programs,
    ...added,
    ...built,
    { name: 'busybox', path: tools.busybox },
    { name: 'dropbear', path: tools.dropbear },
  ];
  const binaries = await Promise.all(
    paths.map(async ({ name, path }) => ({ name, data: await readFile(path) })),
  );
  const archive = packCpio(layOut(binaries, tools.applets, keys));
  const key = keyOf({ archive: createHash('sha256').update(archive).digest('hex') });
  const { path, hit, damage } = await keep(
    context.home.rootfs,
    `initramfs-${key}`,
    async (fresh) => {
      // zlib writes no time of its own: the same archive compresses to the same bytes.
      await writeFile(join(fresh, 'initramfs.cpio.gz'), gzipSync(archive, { level: 9 }));
    },
  );
  if (damage !== undefined)
    context.emit({ type: 'warning', text: `the user space ${key} was made again: ${damage}` });
  return {
    initramfs: join(path, 'initramfs.cpio.gz'),
    key,
    cached: hit,
    hostKey: keys.hostKey,
    clientKey: keys.clientKey,
    userName: 'root',
    programs: [...programs, ...added, ...built].map(({ name }) => name),
  };
}
