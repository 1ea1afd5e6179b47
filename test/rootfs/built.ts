import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../harness/context.ts';
import { findLabHome } from '../../harness/home.ts';
import { findCompiler } from '../../rootfs/compiler.ts';
import { buildPrograms } from '../../rootfs/programs.ts';

/** A lab home of a test's own, and the context of a stage that works there. */
export interface TestHome {
  readonly context: Context;
  remove(): Promise<void>;
}

/** Returns a fresh lab home. */
export async function makeHome(): Promise<TestHome> {
  const root = await mkdtemp(join(tmpdir(), 'cr-lab-home-'));
  const context = {
    home: findLabHome({ LAB_HOME: root }),
    emit: () => undefined,
    signal: new AbortController().signal,
    scratch: root,
  };
  return { context, remove: () => rm(root, { recursive: true }) };
}

/** Returns the path of one of the guest's programs, compiled from the sources as they are. */
export async function buildProgram({ context }: TestHome, name: string): Promise<string> {
  const programs = await buildPrograms(context, await findCompiler());
  const found = programs.find((program) => program.name === name);
  if (found === undefined) throw new Error(`no program called ${name}`);
  return found.path;
}
