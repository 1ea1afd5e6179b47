import { isAbsolute } from 'node:path';
import { labError } from '../core/errors.ts';
import type { CaseArtefact, CaseResult } from '../core/events.ts';
import type { Results } from './results.ts';
import { countVerdicts } from './results-collect.ts';
import { defined } from '../core/defined.ts';

/** What the merged run is called, and what was typed to make it. */
export interface MergedRun {
  readonly run: string;
  readonly command: string;
  /** Bases that there have to be runs of. */
  readonly expect?: readonly string[];
}

/**
 * Joins the results of runs that shared the work, and says in its warnings what is not
 * there: shards or bases nobody brought, runs that broke off. A merged run is green only if every
 * part is there and green. Throws a `usage` error for parts that can't belong together.
 */
export function mergeResults(
  parts: readonly Results[],
  { run, command, expect = [] }: MergedRun,
): Results {
  const [first] = parts;
  if (first === undefined) throw unfit('no run was named');
  const absent = [...findAbsentBases(parts, expect), ...findAbsentShards(parts)];
  const warnings = [
    ...absent.map((text) => `missing: ${text}`),
    ...parts
      .filter(({ finished }) => !finished)
      .map(({ run: name }) => `${name} broke off before its end`),
    ...findDifferences(parts),
    ...parts.flatMap((part) => part.warnings.map((text) => `${labelOf(part)}: ${text}`)),
  ];
  const cases = parts.flatMap((part, position) =>
    part.cases.map((result) => ({
      ...result,
      ...guestOf(result.guest, part),
      ...renameArtefacts(result, position),
    })),
  );
  const missing = parts.flatMap((part) => part.missing);
  const planned = parts.reduce((sum, { totals }) => sum + totals.planned, 0);
  const failed = parts.find(({ error }) => error !== undefined);
  return {
    version: 1,
    run,
    time: parts.map(({ time }) => time).sort()[0] ?? first.time,
    command,
    bases: unique(parts.flatMap(({ bases }) => bases)),
    ...kindOf(parts),
    parts: parts.map(({ run: name }) => name),
    finished: absent.length === 0 && parts.every(({ finished }) => finished),
    exitCode: exitCodeOfParts(parts, absent.length > 0 || missing.length > 0),
    milliseconds: Math.max(...parts.map(({ milliseconds }) => milliseconds)),
    totals: countVerdicts(planned, cases),
    ...defined({ error: failed?.error }),
    environment: mergeEnvironment(parts),
    ...defined({ accelerator: first.accelerator }),
    notes: unique(parts.flatMap(({ notes }) => notes)),
    warnings,
    baseReports: unique(
      parts.flatMap(({ baseReports }) => baseReports),
      ({ base, imageKey }) => `${base} ${imageKey}`,
    ),
    stages: parts.flatMap(({ stages }) => stages),
    guests: parts.flatMap((part, position) =>
      part.guests.map((guest) => ({
        ...guest,
        name: `${labelOf(part)}/${guest.name}`,
        consoleLog: mergedName(position, guest.consoleLog),
      })),
    ),
    cases,
    missing,
  };
}

/** A part's name within the whole: `2/4`, or its run's name where it is no shard. */
export function labelOf({ shard, run }: Results): string {
  return shard === undefined ? run : `shard ${shard.index} of ${shard.of}`;
}

/** What a part's file is called in the merged run's folder: parts have names in common. */
export function mergedName(position: number, file: string): string {
  return isAbsolute(file) ? file : `${position + 1}-${file.replaceAll('/', '-')}`;
}

/** Returns a case's artefacts under the names that the merged run's folder has for their bytes. */
function renameArtefacts(
  { artefact, otherArtefacts }: CaseResult,
  position: number,
): Pick<CaseResult, 'artefact' | 'otherArtefacts'> {
  const rename = ({ file, ...rest }: CaseArtefact): CaseArtefact =>
    file === undefined ? rest : { ...rest, file: mergedName(position, file) };
  return {
    ...(artefact === undefined ? {} : { artefact: rename(artefact) }),
    ...(otherArtefacts === undefined ? {} : { otherArtefacts: otherArtefacts.map(rename) }),
  };
}

function guestOf(guest: string | undefined, part: Results): { guest?: string } {
  return guest === undefined ? {} : { guest: `${labelOf(part)}/${guest}` };
}

/** Of parts that were run in different ways the verdicts mean different things. */
function kindOf(parts: readonly Results[]): Pick<Results, 'kind'> {
  const kinds = unique(parts.map(({ kind }) => kind ?? '')).filter((kind) => kind !== '');
  return kinds.length === 0 ? {} : { kind: kinds.sort().join(' and ') };
}

/** Returns the bases that no part has run. */
function findAbsentBases(parts: readonly Results[], expect: readonly string[]): string[] {
  const brought = new Set(parts.flatMap(({ bases }) => bases));
  return expect.filter((base) => !brought.has(base)).map((base) => `any run on ${base}`);
}

/** Returns the shards that no part is. Throws for a shard brought twice, or of another whole. */
function findAbsentShards(parts: readonly Results[]): string[] {
  const sharded = parts.flatMap(({ shard, run, bases }) =>
    shard === undefined ? [] : [{ ...shard, run, bases: bases.join(', ') }],
  );
  return unique(sharded.map(({ bases }) => bases)).flatMap((bases) => {
    const group = sharded.filter((shard) => shard.bases === bases);
    const totals = unique(group.map(({ of }) => of));
    const [of = 0] = totals;
    if (totals.length > 1)
      throw unfit(`for ${bases}, some are shards of ${totals.join(', others of ')}`);
    const runs = new Map<number, string>();
    for (const { index, run } of group) {
      const other = runs.get(index);
      if (other !== undefined)
        throw unfit(`both ${other} and ${run} are shard ${index} of ${of} for ${bases}`);
      runs.set(index, run);
    }
    return Array.from({ length: of }, (_, position) => position + 1)
      .filter((index) => !runs.has(index))
      .map((index) => `shard ${index} of ${of} for ${bases}`);
  });
}

/** What makes the parts' verdicts be about different things. */
function findDifferences(parts: readonly Results[]): string[] {
  const reports = parts.flatMap(({ baseReports }) => baseReports);
  const differing = unique(reports.map(({ base }) => base)).filter((base) => {
    const keys = reports.filter((report) => report.base === base).map(({ imageKey }) => imageKey);
    return unique(keys).length > 1;
  });
  return differing.map((base) => `not all parts ran the same ${base} kernel: their images differ`);
}

function exitCodeOfParts(parts: readonly Results[], incomplete: boolean): Results['exitCode'] {
  if (parts.some(({ exitCode }) => exitCode === 1)) return 1;
  return incomplete || parts.some(({ exitCode }) => exitCode !== 0) ? 3 : 0;
}

/** Facts that all parts share once, others with the part they belong to. */
function mergeEnvironment(parts: readonly Results[]): Record<string, string> {
  const names = unique(parts.flatMap(({ environment }) => Object.keys(environment)));
  return Object.fromEntries(
    names.map((name) => {
      const values = parts.map((part) => part.environment[name] ?? 'unknown');
      if (unique(values).length === 1) return [name, values[0] ?? ''];
      return [
        name,
        parts.map((part, index) => `${labelOf(part)}: ${values[index] ?? ''}`).join('; '),
      ];
    }),
  );
}

function unique<T>(items: readonly T[], keyOf: (item: T) => unknown = (item) => item): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const key = keyOf(item);
    return seen.has(key) ? false : seen.add(key);
  });
}

function unfit(what: string): Error {
  return labError({
    code: 'runs-unfit',
    fault: 'usage',
    doing: 'merging runs',
    what,
    next: 'Name each shard of one run once.',
  });
}
