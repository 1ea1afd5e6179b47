import { dirname } from 'node:path';
import { hashFile } from '../harness/store/cache.ts';
import type { Context } from '../harness/core/context.ts';
import { isLabError, labError } from '../harness/core/errors.ts';
import type { LabError } from '../harness/core/errors.ts';
import { commitSeries } from './tree/apply.ts';
import type { CompilerWarning, Image, Series } from './base.ts';
import { makeImage, readFacts } from './image.ts';
import type { ImageOptions } from './image.ts';
import { isCounted, nameOfPrefix, prefixesOf, readSeries } from './series/series.ts';
import { acquireSource } from './source/source.ts';
import { withTree } from './tree/tree-lock.ts';

export interface CheckOptions extends Omit<ImageOptions, 'upto'> {
  /** Build every prefix. */
  readonly build: boolean;
  /** The number of the last patch of the first prefix to prove; the empty one by default. */
  readonly from?: number | undefined;
  /** Boot every prefix's image; throws if it does not come up. Wants `build`. */
  readonly boot?: ((image: Image) => Promise<void>) | undefined;
}

/** What became of one prefix of a series. */
export interface PrefixResult {
  /** The number of its last patch in the group `cr`; 0 for none. */
  readonly number: number;
  /** `0012 c/r: dump open files`. */
  readonly name: string;
  readonly green: boolean;
  /** Whether it was built and booted; a prefix whose image did not change is not booted again. */
  readonly did: readonly ('applied' | 'built' | 'booted' | 'same image')[];
  /** Warnings that the prefix before it did not have, in files the series touches. */
  readonly warnings: readonly CompilerWarning[];
  readonly error: LabError | undefined;
  readonly milliseconds: number;
}

/**
 * Proves every prefix of a series and returns the results in order, telling each as it
 * comes. A prefix is red if it does not apply, build without new warnings, or boot; the
 * ones after a patch that does not apply are not there to be tried.
 */
export async function checkSeries(
  options: CheckOptions,
  context: Context,
  tell: (result: PrefixResult) => void = () => undefined,
): Promise<PrefixResult[]> {
  const { base, patchesFolder } = options;
  const series = await readSeries(base, undefined, patchesFolder);
  await acquireSource(base, { from: options.source }, context);
  const results: PrefixResult[] = [];
  const prefixes = prefixesFrom(series, options.from);
  let before = await buildBefore(options, series, context);
  for (const prefix of prefixes) {
    const start = performance.now();
    const { built, ...found } = await checkPrefix(options, prefix, before, context);
    const name = nameOfPrefix(prefix);
    const milliseconds = Math.round(performance.now() - start);
    const green = found.error === undefined && found.warnings.length === 0;
    const result = { number: numberOf(prefix), name, green, milliseconds, ...found };
    results.push(result);
    tell(result);
    if (!found.did.includes('applied')) break;
    before = built ?? before;
  }
  return results;
}

/** Returns the prefixes that end with this patch or a later one. Throws if there is none. */
export function prefixesFrom(series: Series, from = 0): Series[] {
  const prefixes = prefixesOf(series).filter((prefix) => numberOf(prefix) >= from);
  if (prefixes.length > 0) return prefixes;
  throw labError({
    code: 'no-such-prefix',
    fault: 'usage',
    doing: 'proving the series',
    what: `${series.base.name} has no patch ${from}`,
    next: `Its last one is ${numberOf(series)}.`,
  });
}

/** What the prefix before the first one has: a warning it has as well is not new. */
async function buildBefore(
  options: CheckOptions,
  series: Series,
  context: Context,
): Promise<Built | undefined> {
  const { build, from = 0 } = options;
  const prefix = prefixesOf(series).findLast((each) => numberOf(each) < from);
  if (!build || prefix === undefined) return undefined;
  const { built, error } = await checkPrefix(
    { ...options, boot: undefined },
    prefix,
    undefined,
    context,
  );
  if (error !== undefined) throw error;
  return built;
}

interface Built {
  readonly warnings: readonly CompilerWarning[];
  /** SHA-256 of what QEMU boots. */
  readonly hash: string;
  readonly booted: boolean;
}

type Found = Pick<PrefixResult, 'did' | 'warnings' | 'error'> & { readonly built?: Built };

async function checkPrefix(
  options: CheckOptions,
  prefix: Series,
  before: Built | undefined,
  context: Context,
): Promise<Found> {
  const did: PrefixResult['did'][number][] = [];
  let warnings: readonly CompilerWarning[] = [];
  try {
    const source = await acquireSource(options.base, { from: options.source }, quiet(context));
    await withTree(options.base, context, () => commitSeries(source, prefix, context));
    did.push('applied');
    if (!options.build) return { did, warnings, error: undefined };
    const image = await makeImage({ ...options, upto: numberOf(prefix) }, context);
    did.push('built');
    const facts = await readFacts(dirname(image.kernel));
    if (before !== undefined) warnings = newWarnings(prefix, before.warnings, facts.allWarnings);
    const hash = await hashFile(image.kernel);
    const same = before?.hash === hash;
    if (same) did.push('same image');
    const known = same && before.booted;
    if (options.boot !== undefined && !known) {
      await options.boot(image);
      did.push('booted');
    }
    const booted = options.boot !== undefined;
    return {
      did,
      warnings,
      error: undefined,
      built: { warnings: facts.allWarnings, hash, booted },
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isLabError(error)) throw error;
    return { did, warnings, error };
  }
}

/** By file and text, not by line: a patch moves old warnings about. */
function newWarnings(
  prefix: Series,
  before: readonly CompilerWarning[],
  now: readonly CompilerWarning[],
): CompilerWarning[] {
  const touched = new Set(prefix.patches.flatMap((patch) => patch.files));
  const nameOf = ({ file, text }: CompilerWarning): string => `${file}: ${text}`;
  const left = new Map<string, number>();
  for (const warning of before) left.set(nameOf(warning), (left.get(nameOf(warning)) ?? 0) + 1);
  return now.filter((warning) => {
    const count = left.get(nameOf(warning)) ?? 0;
    left.set(nameOf(warning), count - 1);
    return count <= 0 && touched.has(warning.file);
  });
}

/** The same context, told nothing: what was acquired once is not news. */
function quiet(context: Context): Context {
  return { ...context, emit: () => undefined };
}

function numberOf(prefix: Series): number {
  return prefix.patches.filter(isCounted).length;
}

/** Returns whether every prefix that was to be proven was proven green. */
export function allGreen(prefixes: readonly Series[], results: readonly PrefixResult[]): boolean {
  return results.length === prefixes.length && results.every((result) => result.green);
}
