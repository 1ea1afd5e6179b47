import { join } from 'node:path';
import { z } from 'zod';
import { sourceName } from '../../kernel/build/code-digest.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { LabHome } from '../core/home.ts';
import type { CodeMap } from './code-map.ts';
import { hasRun, type Recorded } from './recorder.ts';

const shape = z.object({
  /** Functions that the cases of the file have run, of those that were asked about. */
  ran: z.array(z.string()).readonly(),
  /** Those that were asked about. */
  asked: z.array(z.string()).readonly(),
});

/** What a case file has run, as far as that was asked. */
export type Touched = z.infer<typeof shape>;

/** Returns what is known of each case file of a base. */
export function readTouched(
  base: string,
  home: LabHome,
): Promise<Readonly<Record<string, Touched>>> {
  return readFacts(fileOf(base, home));
}

/** Keeps which functions each case file has run, for runs that want to begin with what a change can touch. */
export async function keepTouched(
  base: string,
  { functions }: Pick<CodeMap, 'functions'>,
  { cases }: Recorded,
  home: LabHome,
): Promise<void> {
  const asked = [...new Set(functions.map(({ name }) => sourceName(name)))].sort();
  const ran = new Map<string, Set<string>>();
  for (const [id, positions] of cases) {
    const [file = '', ...rest] = id.split(' > ');
    // What only a boot runs is no case's.
    if (rest.length === 0) continue;
    const names = ran.get(file) ?? new Set<string>();
    ran.set(file, names);
    for (const { name, position } of functions)
      if (hasRun(positions, [position])) names.add(sourceName(name));
  }
  const changed = Object.fromEntries(
    [...ran].map(([file, names]) => [file, { ran: [...names].sort(), asked }]),
  );
  await changeFacts(fileOf(base, home), changed);
}

function fileOf(base: string, home: LabHome): FactFile<Touched> {
  return { path: join(home.facts, `touched-${base}.json`), shape: z.record(z.string(), shape) };
}
