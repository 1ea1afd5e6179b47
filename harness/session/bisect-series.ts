import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFragments } from '../../kernel/build/fragments.ts';
import type { Base, Image } from '../../kernel/base.ts';
import { makeImage } from '../../kernel/image.ts';
import { hashFile } from '../store/cache.ts';
import { agree, type PrefixVerdict } from './bisect.ts';
import type { Context } from '../core/context.ts';
import { isLabError, type Fault } from '../core/errors.ts';
import type { CaseResult } from '../core/events.ts';
import { createMachinery } from '../guest/guests.ts';
import { offerOf } from '../plan/needs.ts';
import type { OneCase } from '../plan/one-case.ts';
import type { GuestParts } from './prepare.ts';
import { runCases } from '../run/runner.ts';

/** What was seen of a prefix of the series. */
export interface PrefixSeen {
  readonly number: number;
  readonly verdict: PrefixVerdict;
  /** Why, in one line: the case's own reason, or what kept it from running. */
  readonly reason: string;
  /** The prefix that was judged in its place, its kernel being the same. */
  readonly sameAs?: number;
}

export interface JudgeOptions {
  readonly base: Base;
  readonly source: string | undefined;
  readonly debug: boolean;
  /** Absolute paths, others in tests only. */
  readonly patchesFolder?: string | undefined;
  readonly configFolder?: string | undefined;
  readonly parts: GuestParts;
  readonly chosen: OneCase;
  /** How often the case is run before its verdict is believed. */
  readonly repeat: number;
  readonly deadline: number | undefined;
  readonly root: string;
}

/** Faults of the patches up to there, not of the lab: such a prefix tells nothing of the case. */
const untestable: readonly Fault[] = ['patch', 'config', 'build', 'boot'];

/**
 * Returns a function that says what a prefix of the series makes of a case. Each prefix is
 * judged once, and so is each kernel: a patch of comments alone changes none. The function
 * throws what is the lab's or the caller's fault, and the signal's reason.
 */
export function createPrefixJudge(
  options: JudgeOptions,
  context: Context,
): (number: number) => Promise<PrefixSeen> {
  const seen = new Map<string, PrefixSeen>();
  return async (number) => {
    try {
      const image = await makePrefix(number, options, context);
      const hash = await hashFile(image.kernel);
      const known = seen.get(hash);
      if (known !== undefined) return { ...known, number, sameAs: known.sameAs ?? known.number };
      const found = weigh(number, await runCase(image, number, options, context));
      seen.set(hash, found);
      return found;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isLabError(error) || !untestable.includes(error.fault)) throw error;
      return { number, verdict: 'skip', reason: `${error.doing}: ${error.what}` };
    }
  };
}

/** Returns what the runs of a case on one kernel come to. */
export function weigh(
  number: number,
  results: readonly Pick<CaseResult, 'verdict' | 'reason' | 'error'>[],
): PrefixSeen {
  const verdicts = results.map(toPrefixVerdict);
  const verdict = agree(verdicts);
  const [reason = ''] = results.flatMap((result) => result.reason?.split('\n')[0] ?? []);
  if (verdict !== 'unsure') return { number, verdict, reason };
  const red = verdicts.filter((each) => each === 'bad').length;
  const words = `repeats disagree, ${red} of ${results.length} are red`;
  return { number, verdict, reason: reason === '' ? words : `${words}: ${reason}` };
}

/** What a guest that cases run in can only end of by its kernel's doing. */
const kernelFaults: readonly unknown[] = ['guest-crash', 'guest-hang'];

/**
 * An error says that the lab could not judge, no sign of the kernel being bad: but for a guest
 * that crashes or hangs under the case each time, which is what many a search is about.
 */
function toPrefixVerdict({ verdict, error }: Pick<CaseResult, 'verdict' | 'error'>): PrefixVerdict {
  if (verdict === 'pass') return 'good';
  return verdict === 'fail' || kernelFaults.includes(error?.fault) ? 'bad' : 'skip';
}

function makePrefix(
  upto: number,
  { base, source, debug, patchesFolder, configFolder }: JudgeOptions,
  context: Context,
): Promise<Image> {
  const fragments = chosenFragments(base, debug);
  return makeImage({ base, source, upto, fragments, patchesFolder, configFolder }, context);
}

async function runCase(
  image: Image,
  number: number,
  { parts, chosen, repeat, deadline, root }: JudgeOptions,
  context: Context,
): Promise<readonly CaseResult[]> {
  const folder = join(context.scratch, String(number));
  await mkdir(folder, { recursive: true });
  const entries = chosen.on(offerOf(image.series), repeat);
  const own = { ...context, scratch: folder };
  const machinery = createMachinery({ images: [image], ...parts, folder }, own);
  const { factor } = parts;
  const choices = { jobs: 1, isolation: 'case', deadline, factor, root } as const;
  const results = await runCases({ entries }, machinery, own, choices);
  context.signal.throwIfAborted();
  return results;
}
