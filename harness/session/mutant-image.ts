import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Image, Patch } from '../../kernel/base.ts';
import { readElf } from '../../kernel/build/elf.ts';
import { chosenFragments, valuesIn } from '../../kernel/build/fragments.ts';
import { makeImage } from '../../kernel/image.ts';
import { writeAll } from '../../kernel/series/commit-plan.ts';
import { makeChangePatch } from '../../kernel/tree/change-patch.ts';
import { mapCode } from '../coverage/code-map.ts';
import { findLeftOut } from '../coverage/conditionals.ts';
import { readCompiledFiles } from '../coverage/line-table.ts';
import { withTails } from '../coverage/prepare-coverage.ts';
import { readSources } from '../coverage/source-files.ts';
import type { Context } from '../core/context.ts';
import { defined } from '../core/defined.ts';
import { isLabError, labError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import { count } from '../core/text.ts';
import { findMutants } from '../mutate/find-mutants.ts';
import type { Mutant, NotTried } from '../mutate/mutant.ts';
import { switchName, writeSwitches, type NumberedMutant } from '../mutate/switches.ts';
import type { RunOptions } from '../plan/options.ts';

/** All mutants of the lines that a base's series wrote. */
export interface FoundOnBase {
  readonly image: Image;
  readonly mutants: readonly Mutant[];
  readonly notTried: readonly NotTried[];
  /** The text of each file that has one. */
  readonly texts: ReadonlyMap<string, string>;
  /** The patch that wrote a mutant's line. */
  readonly patchOf: (mutant: Mutant) => Patch | undefined;
  readonly hasCode: (file: string, line: number) => boolean;
  /** Returns another file of the tree. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/** Finds the mutants of an image's series: of lines that its configuration compiles. */
export async function findOnBase(image: Image, context: Context): Promise<FoundOnBase> {
  const { files, read } = await readSources(image, [], context);
  const elf = await readElf(image.vmlinux);
  const compiled = withTails(readCompiledFiles(elf));
  const settings = valuesIn(await readFile(image.config, 'utf8'));
  const byPath = new Map(files.map((file) => [file.path, file]));
  const map = mapCode(
    elf,
    (path, line) => byPath.get(path)?.lines[line - 1]?.wanted === true,
    new Set(byPath.keys()),
  );
  const mutants: Mutant[] = [];
  const notTried: NotTried[] = [];
  const texts = new Map<string, string>();
  for (const { path, lines } of files) {
    const written = lines.map(({ text }) => text);
    const text = `${written.join('\n')}\n`;
    const leftOut = findLeftOut(written, settings);
    const isLeftOut = (line: number) => leftOut[line - 1] !== undefined || !compiled.has(path);
    const found = await findMutants(path, text, (line) => lines[line - 1]?.wanted === true);
    texts.set(path, text);
    for (const mutant of found.mutants)
      if (isLeftOut(mutant.lines[0]))
        notTried.push({ file: path, line: mutant.lines[0], reason: 'not compiled' });
      else mutants.push(mutant);
    notTried.push(...found.notTried);
  }
  return {
    ...{ image, mutants, notTried, texts, read },
    patchOf: ({ file, lines: [line] }) => byPath.get(file)?.lines[line - 1]?.patch,
    hasCode: (file, line) => map.lines.get(file)?.has(line) === true,
  };
}

/** A kernel with all mutants of its series in it. */
export interface MutatedImage {
  readonly image: Image;
  readonly mutants: readonly NumberedMutant[];
  /** Those that do not compile. */
  readonly notTried: readonly NotTried[];
  /** Where the variable is that turns one on. */
  readonly address: bigint;
}

/** How often a kernel is built again without what did not compile: make stops at the first file. */
const mostBuilds = 40;

/**
 * Returns the kernel with all mutants of a base, through the stages that every kernel goes through:
 * they are one more patch of its series. A mutant that does not compile is left out, and known
 * from then on. Throws what makeImage() throws.
 */
export async function makeMutatedImage(
  found: FoundOnBase,
  options: Pick<RunOptions, 'source' | 'debug'>,
  context: Context,
): Promise<MutatedImage> {
  const { base } = found.image;
  for (let build = 1; ; build += 1) {
    const bad = await readFacts(badIn(base.name, context));
    const good = found.mutants.filter(({ id }) => bad[id] === undefined);
    const mutants = good.map((mutant, index) => ({ ...mutant, number: index + 1 }));
    const patchesFolder = await writeSeries(found, mutants, context);
    const fragments = chosenFragments(base, options.debug);
    try {
      const image = await makeImage(
        { base, source: options.source, fragments, patchesFolder },
        { ...context, emit: forgiving(context.emit) },
      );
      const notTried = found.mutants
        .filter(({ id }) => bad[id] !== undefined)
        .map(({ file, lines: [line] }) => ({ file, line, reason: 'it does not compile' }));
      return { image, mutants, notTried, address: await findAddress(image) };
    } catch (error) {
      if (!isLabError(error) || error.code !== 'build-failed' || build === mostBuilds) throw error;
      const blamed = findBlamed(mutants, error.details ?? []);
      if (blamed.size === 0) throw error;
      context.emit({
        type: 'note',
        text: `${count(blamed.size, 'mutant')} left out: the compiler does not take them`,
      });
      await changeFacts(badIn(base.name, context), Object.fromEntries(blamed));
    }
  }
}

/** What does not compile is left out: that is how a build of mutants goes, no stage's failure. */
function forgiving(emit: Emit): Emit {
  return (event) => {
    if (event.type !== 'stage-failed' || event.error.code !== 'build-failed') {
      emit(event);
      return;
    }
    const { stage, base, milliseconds } = event;
    const what = 'some mutants do not compile';
    emit({ type: 'stage-ended', stage, ...defined({ base }), milliseconds, cached: false, what });
  };
}

/** Mutants that did not compile, each with the compiler's word, by id. */
function badIn(base: string, { home }: Context): FactFile<string> {
  return {
    path: join(home.facts, `uncompiled-mutants-${base}.json`),
    shape: z.record(z.string(), z.string()),
  };
}

/** Returns the mutants on whose lines the compiler found an error. */
export function findBlamed(
  mutants: readonly Mutant[],
  errors: readonly string[],
): ReadonlyMap<string, string> {
  const blamed = new Map<string, string>();
  for (const error of errors) {
    const [, file, line] = /^([^\s:]+):(\d+):/.exec(error) ?? [];
    for (const mutant of mutants) {
      const [first, last] = mutant.lines;
      if (mutant.file === file && first <= Number(line) && Number(line) <= last)
        blamed.set(mutant.id, error);
    }
  }
  return blamed;
}

const switchFile = `/*
 * Which mutant of the kernel is on; 0 for none. Written from outside of the guest.
 *
 * In .data: code that runs before .bss is cleared must find 0 as well.
 */
unsigned int ${switchName} __attribute__((__section__(".data"))) = 0;
`;

/** Writes a series that is the image's own and the patch of its mutants, and returns its folder's. */
async function writeSeries(
  { image, texts, read }: FoundOnBase,
  mutants: readonly NumberedMutant[],
  context: Context,
): Promise<string> {
  const { base, series } = image;
  const files = new Map<string, string>();
  for (const [path, text] of texts) {
    const own = mutants.filter(({ file }) => file === path);
    if (own.length > 0) files.set(path, writeSwitches(text, own));
  }
  files.set(`kernel/${switchName}.c`, switchFile);
  const makefile = (await read('kernel/Makefile')) ?? '';
  files.set('kernel/Makefile', `${makefile.trimEnd()}\n\nobj-y += ${switchName}.o\n`);
  const patch = await makeChangePatch(image, files, 'all mutants of the series', context);
  const folder = await mkdtemp(join(context.scratch, 'mutants-'));
  const own = 'mutants/0001-all-mutants.patch';
  const patches = await Promise.all(
    series.patches.map(async ({ file, path }) => ({ file, bytes: await readFile(path) })),
  );
  const all = [...patches, { file: own, bytes: patch }];
  await writeAll(join(folder, base.name), all, all.map(({ file }) => `${file}\n`).join(''));
  return folder;
}

async function findAddress({ systemMap, base }: Image): Promise<bigint> {
  const text = await readFile(systemMap, 'utf8');
  const address = new RegExp(`^([0-9a-f]+) \\w ${switchName}$`, 'm').exec(text)?.[1];
  if (address !== undefined) return BigInt(`0x${address}`);
  throw labError({
    code: 'mutants-no-switch',
    fault: 'infrastructure',
    doing: `looking for ${switchName} in the kernel of ${base.name}`,
    what: 'System.map does not have it',
    next: 'See kernel/Makefile of the tree: something keeps what was added at its end from being built.',
  });
}
