import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFragments } from '../../kernel/build/fragments.ts';
import { makeImage } from '../../kernel/image.ts';
import type { Image } from '../../kernel/base.ts';
import type { Against, KernelSize } from '../core/against.ts';
import type { Context } from '../core/context.ts';
import type { CaseResult, LabEventBody } from '../core/events.ts';
import { labError } from '../core/errors.ts';
import { run as runProgram } from '../core/run.ts';
import type { GuestParts } from './prepare.ts';
import { runImages } from './run-images.ts';
import type { Run } from './run-session.ts';

/**
 * A case counts as slower if it takes that many times as long, and that many milliseconds
 * more: emulation alone makes some difference, and a busy host makes more.
 */
const slowerBy = { times: 2, milliseconds: 300 } as const;

/** Keeps what cases came to, beside telling it on. */
export function recordCases(context: Context): {
  readonly context: Context;
  readonly results: CaseResult[];
} {
  const results: CaseResult[] = [];
  const emit = (event: LabEventBody): void => {
    if (event.type === 'case-ended') results.push(event.result);
    context.emit(event);
  };
  return { context: { ...context, emit }, results };
}

/** What of a run on the bare kernel is told: its cases are no part of the verdict. */
const told = new Set(['note', 'warning', 'stage-started', 'stage-progress', 'stage-ended']);

/** A series' kernel, the one without it, and what the cases came to on the first. */
export interface Kernels {
  readonly image: Image;
  readonly bare: Image;
  readonly results: readonly CaseResult[];
}

/** Runs the cases of a run on the kernel without its series, and tells what the series changed. */
export async function compareWithBare(
  { image, bare, results }: Kernels,
  parts: GuestParts,
  run: Run,
): Promise<void> {
  const { options, context, folder } = run;
  const base = image.base.name;
  context.emit({ type: 'note', text: `The same cases on ${base} without the series` });
  const quiet = recordCases({
    ...context,
    emit: (event) => {
      if (told.has(event.type)) context.emit(event);
    },
  });
  const place = join(folder, 'without-the-series');
  await mkdir(place, { recursive: true });
  if (results.length > 0)
    await runImages(
      { ...parts, images: [bare], failures: [] },
      {
        ...run,
        options: { ...options, bare: true, fresh: true, bail: false },
        context: quiet.context,
        folder: place,
      },
    );
  const [before, after] = await Promise.all([measureKernel(bare), measureKernel(image)]);
  const against = compareKernels(base, quiet.results, results, { before, after });
  context.emit({ type: 'against', against });
}

/** Builds the kernel of an image without its series. */
export function makeBare(
  { base }: Image,
  options: { readonly source: string | undefined; readonly debug: boolean },
  context: Context,
): Promise<Image> {
  const { source, debug } = options;
  const fragments = chosenFragments(base, debug);
  return makeImage({ base, source, upto: 0, fragments }, context);
}

/** Returns what a series changed, from the cases' ends with it and without it. */
export function compareKernels(
  base: string,
  bare: readonly CaseResult[],
  patched: readonly CaseResult[],
  size: Against['size'],
): Against {
  const before = worstById(bare);
  const pairs = [...worstById(patched)].flatMap(([id, after]) => {
    const found = before.get(id);
    return found === undefined ? [] : [{ id, before: found, after }];
  });
  const idsOf = (holds: (pair: (typeof pairs)[number]) => boolean) =>
    pairs.filter(holds).map(({ id }) => id);
  const isRed = ({ verdict }: CaseResult) => verdict === 'fail';
  const isGreen = ({ verdict }: CaseResult) => verdict === 'pass';
  const isUnjudged = ({ verdict }: CaseResult) => verdict === 'error' || verdict === 'not-run';
  return {
    base,
    fixed: idsOf((pair) => isRed(pair.before) && isGreen(pair.after)),
    broken: idsOf((pair) => isGreen(pair.before) && isRed(pair.after)),
    stillRed: idsOf((pair) => isRed(pair.before) && isRed(pair.after)),
    fresh: idsOf((pair) => pair.before.verdict === 'skip' && pair.after.verdict !== 'skip'),
    complaints: pairs.flatMap(({ id, before: was, after }) => {
      const known = new Set(was.findings.map(({ line }) => withoutNumbers(line)));
      return after.findings
        .filter(({ fatal, line }) => fatal && !known.has(withoutNumbers(line)))
        .map(({ line }) => ({ id, line }));
    }),
    slower: pairs
      .filter(
        (pair) =>
          isGreen(pair.before) &&
          isGreen(pair.after) &&
          pair.after.milliseconds > slowerBy.times * pair.before.milliseconds &&
          pair.after.milliseconds > slowerBy.milliseconds + pair.before.milliseconds,
      )
      .map(({ id, before: was, after }) => ({
        id,
        before: Math.round(was.milliseconds),
        after: Math.round(after.milliseconds),
      })),
    unjudged: idsOf((pair) => isUnjudged(pair.before) || isUnjudged(pair.after)),
    size,
  };
}

/** Of a case that was run several times, one that was red. */
function worstById(results: readonly CaseResult[]): Map<string, CaseResult> {
  const worst = new Map<string, CaseResult>();
  for (const result of results)
    if (worst.get(result.id) === undefined || result.verdict !== 'pass')
      worst.set(result.id, result);
  return worst;
}

/** A complaint without times, addresses and pids: the same one twice. */
function withoutNumbers(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, '#');
}

/** Returns what a kernel takes in memory. Throws `size-unreadable` where binutils can't tell. */
export async function measureKernel({ vmlinux }: Image): Promise<KernelSize> {
  const { status, stdout, stderr } = await runProgram('size', ['--format=berkeley', vmlinux]);
  const [text, data, bss] = (stdout.trim().split('\n').at(-1) ?? '')
    .trim()
    .split(/\s+/)
    .map(Number);
  if (status === 0 && text !== undefined && data !== undefined && bss !== undefined)
    return { text, data, bss };
  throw labError({
    code: 'size-unreadable',
    fault: 'infrastructure',
    doing: `measuring ${vmlinux}`,
    what: `size ended with ${status ?? 'a signal'}`,
    next: 'See its words below; binutils has it.',
    details: stderr.split('\n'),
  });
}
