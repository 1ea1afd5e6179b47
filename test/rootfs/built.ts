import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../harness/core/context.ts';
import { findLabHome } from '../../harness/core/home.ts';
import { engineRoot } from '../../harness/core/places.ts';
import { loadProject } from '../../harness/session/load-project.ts';
import { findCompiler } from '../../rootfs/compiler.ts';
import { buildProgram } from '../../rootfs/programs.ts';
import { buildProjectPrograms } from '../../rootfs/project-programs.ts';

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
export async function pathOfProgram({ context }: TestHome, name: string): Promise<string> {
  return (await buildProgram(name, context, await findCompiler())).path;
}

/** The same of one of the programs of c/r. */
export async function pathOfOwn({ context }: TestHome, name: string): Promise<string> {
  const { programs } = await loadProject(engineRoot);
  const own = programs.filter((program) => program.name === name);
  const [built] = await buildProjectPrograms(own, [], context, await findCompiler());
  if (built === undefined) throw new RangeError(`c/r has no program ${name}`);
  return built.path;
}
