import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { findCommand } from '../../harness/setup/probe.mjs';
import type { Context } from '../../harness/core/context.ts';
import { architectures } from '../../harness/core/architectures.ts';
import { labError, type LabError } from '../../harness/core/errors.ts';
import { affordableCompilers } from '../../harness/core/host-share.ts';
import type { CompilerWarning, Source } from '../base.ts';
import { markBuilding, markDone, readWarnings } from './build-folder.ts';
import { explainBuild } from './build-failure.ts';
import { readBuildLog, sourceOf } from './build-log.ts';
import { digestCode } from './code-digest.ts';
import { createBlame } from '../tree/blame.ts';
import { buildEnvironment, makeArguments } from './compiler.ts';
import type { Configured } from './config.ts';
import { gitText } from '../git.ts';
import { endGroup } from '../../harness/core/process-group.ts';
import { refuseChanges } from '../tree/snapshot.ts';
import { stage } from '../stage.ts';

/** What the image cache holds beside the files themselves. */
export interface BuildFacts {
  /** Git tree id of what was built. */
  readonly tree: string;
  /** Of lines the series wrote. */
  readonly warnings: readonly CompilerWarning[];
  /** Of every file. */
  readonly allWarnings: readonly CompilerWarning[];
  /** Symbols that this prefix of the series does not know yet. */
  readonly absent: readonly string[];
}

/**
 * Builds a configured tree and puts what QEMU boots, vmlinux, System.map, config, build.log and
 * meta.json into `output`. Throws `build-failed` with the first errors, `disk-full`,
 * `tree-changed`. The caller holds the tree's lock.
 */
export async function buildKernel(
  configured: Configured,
  output: string,
  context: Context,
): Promise<BuildFacts> {
  const { tree, folder } = configured;
  const { base } = tree.source;
  return stage(context, 'build', base.name, `kernel ${base.name}`, async () => {
    const start = performance.now();
    const { boot } = architectures[base.architecture].kernel;
    const { compiled, warnings } = await make(configured, context);
    // Whoever edits the tree while it is built gets an image of neither state.
    await refuseChanges(tree.path, tree.id, context);
    const facts = await sortWarnings(configured, warnings, context);
    for (const [name, from] of [
      [basename(boot), boot],
      ['vmlinux', 'vmlinux'],
      ['System.map', 'System.map'],
      ['config', '.config'],
      ['build.log', '.lab/build.log'],
    ] as const)
      await copyFile(join(folder.path, from), join(output, name));
    await writeFile(join(output, 'meta.json'), JSON.stringify(facts, null, 1));
    if (base.architecture === 'x86_64') await writeDigest(folder.path, output);
    const seconds = Math.round((performance.now() - start) / 1000);
    const count = facts.warnings.length;
    const what = `${compiled} files compiled in ${seconds} s, ${count} warnings in lines of the series`;
    return { value: facts, cached: false, what };
  });
}

/**
 * What tells later which functions another build has changed. A kernel without vmlinux.o has
 * none; nor has one with relocations of a kind that the lab can't read.
 */
async function writeDigest(folder: string, output: string): Promise<void> {
  const linked = await readFile(join(folder, 'vmlinux.o')).catch(() => undefined);
  if (linked === undefined) return;
  await writeFile(join(output, 'code.json'), JSON.stringify(digestCode(linked)));
}

async function make(
  configured: Configured,
  context: Context,
): Promise<{ compiled: number; warnings: Record<string, readonly CompilerWarning[]> }> {
  const { tree, folder } = configured;
  const { base } = tree.source;
  const args = [
    `-j${affordableCompilers()}`,
    '--output-sync=target',
    ...makeArguments(tree, folder, findCommand('ccache') !== undefined),
    architectures[base.architecture].kernel.goal,
  ];
  const before = await readWarnings(folder);
  const reader = readBuildLog([tree.path, folder.path]);
  const log = createWriteStream(folder.log);
  log.write(`make ${args.map((arg) => `'${arg}'`).join(' ')}\n`);
  context.signal.throwIfAborted();
  // On one pipe: make keeps what it collects of a target together only then, and two pipes
  // would be read in any order.
  const child = spawn('sh', ['-c', 'exec make "$@" 2>&1', 'make', ...args], {
    env: buildEnvironment(base, context, folder.pinned),
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = endGroup(child.pid);
  context.signal.addEventListener('abort', end.now, { once: true });
  let compiled = 0;
  const watch = async (stream: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: stream })) {
      log.write(`${line}\n`);
      if (reader.read(line) === undefined) continue;
      compiled += 1;
      const total = folder.empty ? { total: Math.max(base.objects, compiled) } : {};
      const progress = { done: compiled, unit: 'files', what: 'compiling', ...total };
      context.emit({ type: 'stage-progress', stage: 'build', base: base.name, ...progress });
    }
  };
  try {
    const exited = once(child, 'close') as Promise<[number | null]>;
    exited.catch(() => undefined);
    // At once: what a make says that ends before it is listened to is lost, and its end as well.
    const heard = watch(child.stdout);
    heard.catch(() => undefined);
    if (child.pid !== undefined) await markBuilding(folder, child.pid);
    await heard;
    const [status] = await exited;
    const warnings = { ...before, ...reader.warnings() };
    if (!context.signal.aborted) await markDone(folder, warnings);
    context.signal.throwIfAborted();
    if (status !== 0) throw explainBuild(configured, status, reader.errors());
    if (folder.empty && compiled === 0) throw muteBuild(base.name, folder.log);
    return { compiled, warnings };
  } finally {
    end.settle();
    context.signal.removeEventListener('abort', end.now);
    log.end();
    await once(log, 'close');
  }
}

/** Warnings belong to the object that was announced before them: without, none can be told. */
function muteBuild(name: string, log: string): LabError {
  return labError({
    code: 'build-mute',
    fault: 'build',
    doing: `building ${name}`,
    what: 'make said of no file that it compiles it: the warnings of the series cannot be told',
    next: 'This make is newer than the lab knows and takes the build for a silent one; report it with `make --version`.',
    files: { 'build.log': log },
  });
}

async function sortWarnings(
  { tree, absent }: Configured,
  byObject: Readonly<Record<string, readonly CompilerWarning[]>>,
  context: Context,
): Promise<BuildFacts> {
  const touched = [...new Set(tree.series.patches.flatMap((patch) => patch.files))];
  const old = new Set(await listBaseFiles(tree.source, touched));
  const all = new Map<string, CompilerWarning>();
  const named = new Set<string>();
  for (const [object, warnings] of Object.entries(byObject))
    for (const warning of warnings) {
      const key = `${warning.file}:${warning.line}:${warning.text}`;
      all.set(key, warning);
      // What the compiler says of a new file is about it, be it at a line of a header.
      const source = sourceOf(object);
      if (touched.includes(source) && !old.has(source)) named.add(key);
    }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  // The base's own warnings stay where they are in a file that a patch touches elsewhere.
  const blame = createBlame(tree.source, tree.series, context);
  const near = sorted.filter(([, { file }]) => touched.includes(file));
  const wrote = await blame(near.map(([, warning]) => warning));
  for (const [index, [key]] of near.entries()) if (wrote[index] !== undefined) named.add(key);
  return {
    tree: tree.id,
    absent,
    warnings: sorted.filter(([key]) => named.has(key)).map(([, warning]) => warning),
    allWarnings: sorted.map(([, warning]) => warning),
  };
}

/** Returns those of some files that the base has. */
async function listBaseFiles(
  { repository, commit }: Source,
  files: readonly string[],
): Promise<string[]> {
  const args = ['ls-tree', '-z', '--name-only', commit, '--', ...files];
  return (await gitText(repository, args)).split('\0').filter((name) => name !== '');
}
