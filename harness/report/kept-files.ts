import { constants } from 'node:fs';
import { access, copyFile, link, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BaseFiles, LabEvent } from '../core/events.ts';

/** A file that is kept beside the reports. */
export interface KeptFile {
  /** Its name there: `v6.1-build.log`. */
  readonly name: string;
  readonly from: string;
  /** Whether it never changes where it is: a second name does. */
  readonly fixed: boolean;
}

/** Returns what the event's base has to be kept: of one that is ready, or what one left. */
export function filesOf(event: LabEvent): KeptFile[] {
  if (event.type === 'base-ready')
    return filesOfBase(event.files).map(([name, from]) => ({
      ...{ name: `${event.report.base}-${name}`, from },
      fixed: true,
    }));
  if (event.type !== 'stage-failed') return [];
  const { base, files = {} } = event;
  const prefix = base === undefined ? '' : `${base}-`;
  return Object.entries(files).map(([name, from]) => ({
    ...{ name: `${prefix}${name}`, from },
    fixed: false,
  }));
}

function filesOfBase(files: BaseFiles): readonly (readonly [string, string])[] {
  return [
    ['build.log', files.buildLog],
    ['config', files.config],
    [basename(files.image), files.image],
    ['System.map', files.systemMap],
    ['vmlinux', files.vmlinux],
  ];
}

/** Gives a file its name in a folder. Throws where it can no longer be read. */
export async function keepFile({ name, from, fixed }: KeptFile, folder: string): Promise<void> {
  const to = join(folder, name);
  await (fixed ? linkOrCopy(from, to) : copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** Files of a run or the cache never change in place: a second name does, else a cheap copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await access(from, constants.R_OK);
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE).catch(async (error: unknown) => {
      await rm(to, { force: true });
      throw error;
    });
  }
}
