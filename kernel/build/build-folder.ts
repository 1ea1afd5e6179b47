import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHome } from '../../harness/core/home.ts';
import type { Base } from '../base.ts';
import { compilerOf } from '../bases/build-with.ts';
import type { CompilerWarning } from '../base.ts';

/** What the lab keeps about a build folder, in a folder `.lab` inside it. */
export interface BuildFolder {
  readonly path: string;
  /** Programs that stand in for date, hostname and the like, and a header for time(). */
  readonly pinned: string;
  readonly log: string;
  /** Whether nothing was built in it before. */
  readonly empty: boolean;
}

/** Warnings by object file, of every object as it was last compiled. */
export type WarningsByObject = Readonly<Record<string, readonly CompilerWarning[]>>;

/**
 * Returns the build folder of a base, a compiler and a choice of fragments, emptied if it was made for
 * another source or compiler, or if a build in it was killed: make believes the date of a
 * half-written object. ccache makes up for it.
 */
export async function openBuildFolder(
  base: Base,
  fragments: readonly string[],
  identity: string,
  home: LabHome,
): Promise<BuildFolder> {
  const all = fragments.join() === base.config.fragments.join();
  const compiler = compilerOf(base);
  const name = base.builds ?? base.name;
  const words = [name, ...(compiler === 'gcc' ? [] : [compiler]), ...(all ? [] : fragments)];
  const path = join(home.builds, words.join('-'));
  const own = join(path, '.lab');
  const found = await readFile(join(own, 'identity'), 'utf8').catch(() => undefined);
  const killed = await readFile(join(own, 'building'), 'utf8').catch(() => undefined);
  if (killed !== undefined) await endBuild(Number(killed), path);
  const empty = found !== identity || killed !== undefined;
  if (empty) await rm(path, { recursive: true, force: true });
  const pinned = join(own, 'bin');
  await mkdir(pinned, { recursive: true });
  for (const [name, line] of Object.entries(base.pinnedCommands)) {
    const program = join(pinned, name);
    await writeFile(program, `#!/bin/sh\n${line}\n`);
    await chmod(program, 0o755);
  }
  await writeFile(join(pinned, 'time.h'), timeHeader(base.pinnedTime.seconds));
  await writeFile(join(own, 'identity'), identity);
  return { path, pinned, log: join(own, 'build.log'), empty };
}

/** A time() that always says the same. */
function timeHeader(seconds: number): string {
  return [
    '#include <time.h>',
    'static inline time_t pinned_time(time_t *where)',
    `{ if (where) *where = ${seconds}; return ${seconds}; }`,
    '#define time(where) pinned_time(where)',
    '',
  ].join('\n');
}

/** Notes that a build is under way, by its process group; until markDone() the folder is not whole. */
export async function markBuilding(folder: BuildFolder, group: number): Promise<void> {
  await writeFile(join(folder.path, '.lab', 'building'), String(group));
}

/** Notes that make has ended by itself, and what it said of each object. */
export async function markDone(folder: BuildFolder, warnings: WarningsByObject): Promise<void> {
  await writeFile(join(folder.path, '.lab', 'warnings.json'), JSON.stringify(warnings));
  await rm(join(folder.path, '.lab', 'building'), { force: true });
}

/** Returns the warnings of the objects that are there. */
export async function readWarnings(folder: BuildFolder): Promise<WarningsByObject> {
  const path = join(folder.path, '.lab', 'warnings.json');
  const text = await readFile(path, 'utf8').catch(() => '{}');
  return JSON.parse(text) as WarningsByObject;
}

/** The make of a lab that was killed may still be at work; it would write into the new build. */
async function endBuild(group: number, path: string): Promise<void> {
  if (!Number.isInteger(group) || group < 2) return;
  const words = await readFile(`/proc/${group}/cmdline`, 'utf8').catch(() => '');
  if (!words.includes(`O=${path}`)) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
