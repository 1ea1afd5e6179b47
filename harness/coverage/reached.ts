import { join } from 'node:path';
import { z } from 'zod';
import type { Coverage } from '../core/coverage.ts';
import { changeFacts, readFacts, type FactFile } from '../core/facts.ts';
import type { LabHome } from '../core/home.ts';
import { spans } from './render.ts';

const shape = z.object({
  /** Key of the image whose lines these are. */
  image: z.string(),
  /** The lines that each case has run, by file, as spans() writes them. */
  cases: z.record(z.string(), z.record(z.string(), z.string())),
});

/** What the cases of a file have run. */
export type Reached = z.infer<typeof shape>;

/** Returns, by case file, which lines its cases have run, where that was on this image. */
export async function readReached(
  base: string,
  image: string,
  home: LabHome,
): Promise<Readonly<Record<string, Reached>>> {
  const all = await readFacts(fileOf(base, home));
  return Object.fromEntries(Object.entries(all).filter(([, each]) => each.image === image));
}

/** Keeps which lines the cases of each file have run: in place of what was known of the file. */
export async function keepReached(
  { base, cases, files }: Pick<Coverage, 'base' | 'cases' | 'files'>,
  image: string,
  home: LabHome,
): Promise<void> {
  const found = new Map<string, Map<string, Record<string, number[]>>>();
  const placeOf = (id: string) => {
    const [file = '', ...rest] = id.split(' > ');
    // What only a boot runs is no case's.
    if (rest.length === 0) return undefined;
    const ofFile = found.get(file) ?? new Map<string, Record<string, number[]>>();
    found.set(file, ofFile);
    const lines = ofFile.get(id) ?? {};
    ofFile.set(id, lines);
    return lines;
  };
  const places = cases.map(placeOf);
  for (const { path, lines } of files)
    for (const { line, cases: ran = [] } of lines)
      for (const number of ran) {
        const place = places[number];
        if (place !== undefined) (place[path] ??= []).push(line);
      }
  const changed = Object.fromEntries(
    [...found].map(([file, ofFile]) => {
      const ran = [...ofFile].map(([id, lines]) => [id, mapValues(lines, spans)] as const);
      return [file, { image, cases: Object.fromEntries(ran) }];
    }),
  );
  await changeFacts(fileOf(base, home), changed);
}

function mapValues<A, B>(of: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value)]));
}

function fileOf(base: string, home: LabHome): FactFile<Reached> {
  return { path: join(home.facts, `reached-${base}.json`), shape: z.record(z.string(), shape) };
}
