import { join } from 'node:path';
import { z } from 'zod';
import { compareCode, readDigest, type CodeChange } from '../../kernel/code-digest.ts';
import type { Image } from '../../kernel/base.ts';
import { readTouched, type Touched } from '../coverage/touched.ts';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';
import type { CaseResult, PlannedCase } from '../core/events.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { LabHome } from '../core/home.ts';
import { count } from '../core/text.ts';
import type { PlanEntry } from './plan.ts';

/** A base's image, as far as it decides what a change can touch. */
type Built = Pick<Image, 'base' | 'key'>;

/**
 * Returns the entries of a plan, each with whether a change since its file passed last can touch
 * it: it runs a function whose code is another now, or nobody knows. An entry of which nothing is
 * known at all is returned as it is.
 */
export async function markAffected(
  entries: readonly PlanEntry[],
  images: readonly Built[],
  home: LabHome,
): Promise<readonly PlanEntry[]> {
  const passed = await readFacts(fileIn(home));
  const marks = new Map<string, boolean>();
  for (const { base, key } of images) {
    const touched = await readTouched(base.name, home);
    const changes = new Map<string, CodeChange>();
    for (const file of new Set(filesOf(entries, base.name))) {
      const before = passed[nameOf(base.name, file)];
      if (before === undefined) continue;
      const change = changes.get(before) ?? (await changeBetween(before, key, home));
      changes.set(before, change);
      marks.set(nameOf(base.name, file), canTouch(change, touched[file]));
    }
  }
  return entries.map((entry) => {
    const affected = marks.get(nameOf(entry.planned.base, entry.planned.file));
    return affected === undefined ? entry : { ...entry, affected };
  });
}

/** Tells whether a change can touch what a file has run. Functions that were not asked about may be in it. */
export function canTouch(change: CodeChange, touched: Touched | undefined): boolean {
  if (change === 'anything') return true;
  if (change.functions.size === 0) return false;
  if (touched === undefined) return true;
  const { asked, ran } = touched;
  return [...change.functions].some((name) => !asked.includes(name) || ran.includes(name));
}

/**
 * Leaves out of a plan what a change can't touch, and says how much that is. Throws `no-cases`
 * (usage) if that is all.
 */
export function onlyAffected(
  entries: readonly PlanEntry[],
  { emit }: Pick<Context, 'emit'>,
): readonly PlanEntry[] {
  const left = entries.filter(({ affected }) => affected !== false);
  const out = entries.length - left.length;
  if (left.length === 0)
    throw labError({
      code: 'no-cases',
      fault: 'usage',
      doing: 'looking for the cases that a change can touch',
      what: `there are none: no function that one of ${count(out, 'case')} runs has changed since they passed`,
      next: 'Leave out --affected to run them.',
    });
  const text =
    out === 0
      ? 'every case may be touched: something changed that all may run, or `lab coverage` has not told yet what they run'
      : `${count(out, 'case')} left out (--affected): no function that they run has changed since they passed`;
  emit({ type: 'note', text });
  return left;
}

/** Keeps for each file whose cases have all passed or been skipped the image that they did so on. */
export async function keepPassed(
  results: readonly CaseResult[],
  images: readonly Built[],
  home: LabHome,
): Promise<void> {
  const changed: Record<string, string | undefined> = {};
  for (const { base, key } of images)
    for (const file of new Set(
      filesOf(
        results.map((planned) => ({ planned })),
        base.name,
      ),
    )) {
      const own = results.filter((each) => each.base === base.name && each.file === file);
      const good = own.every(({ verdict }) => verdict === 'pass' || verdict === 'skip');
      changed[nameOf(base.name, file)] = good ? key : undefined;
    }
  await changeFacts(fileIn(home), changed);
}

async function changeBetween(before: string, now: string, home: LabHome): Promise<CodeChange> {
  if (before === now) return { functions: new Set() };
  return compareCode(await readDigest(before, home), await readDigest(now, home));
}

function filesOf(
  entries: readonly { planned: PlannedCase | CaseResult }[],
  base: string,
): string[] {
  return entries
    .map(({ planned }) => planned)
    .filter((each) => each.base === base)
    .map(({ file }) => file);
}

function nameOf(base: string, file: string): string {
  return `${base} ${file}`;
}

/** Image keys by base and file. */
function fileIn(home: LabHome): FactFile<string> {
  return { path: join(home.facts, 'passed.json'), shape: z.record(z.string(), z.string()) };
}
