import { join } from 'node:path';
import { z } from 'zod';
import type { CaseResult } from '../core/events.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { LabHome } from '../core/home.ts';
import { durationKey } from './plan.ts';

/** Milliseconds by `base id`. */
export type Durations = Readonly<Record<string, number>>;

/** Returns how long cases took last time; nothing if that is unknown or can't be read. */
export async function readDurations(home: LabHome): Promise<Durations> {
  return readFacts(fileIn(home));
}

/** Keeps how long the cases took that ran to their end. */
export async function keepDurations(home: LabHome, results: readonly CaseResult[]): Promise<void> {
  const told = results.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail');
  await changeFacts(
    fileIn(home),
    Object.fromEntries(told.map((each) => [durationKey(each), each.milliseconds])),
  );
}

function fileIn(home: LabHome): FactFile<number> {
  return { path: join(home.facts, 'durations.json'), shape: z.record(z.string(), z.number()) };
}
