import type { Patch } from '../../kernel/base.ts';
import type {
  Coverage,
  FileCoverage,
  FunctionCoverage,
  LineCoverage,
  Totals,
} from '../core/coverage.ts';
import type { CodeMap } from './code-map.ts';
import { findLeftOut, type Settings } from './conditionals.ts';
import { findBuildSwitches, type ReadMakefile } from './makefiles.ts';
import { hasRun, type Recorded } from './recorder.ts';
import type { SourceFile } from './source-files.ts';
import { findCode } from './source-text.ts';

export interface CoverageInputs {
  readonly base: string;
  readonly patches: readonly Patch[];
  readonly files: readonly SourceFile[];
  readonly map: CodeMap;
  readonly recorded: Recorded;
  readonly settings: Settings;
  /** The files that something was compiled from. */
  readonly compiled: ReadonlySet<string>;
  readonly read: ReadMakefile;
}

/** Returns what a run has covered of a base. */
export async function summarize(inputs: CoverageInputs): Promise<Coverage> {
  const { base, patches, recorded } = inputs;
  const files = await Promise.all(inputs.files.map((file) => coverFile(file, inputs)));
  return {
    ...{ base, cases: [...recorded.cases.keys()], stale: [] },
    ...countFiles(files, patches),
  };
}

/** Counts the lines of files, all and by patch. */
export function countFiles(
  files: readonly Pick<FileCoverage, 'path' | 'lines' | 'functions'>[],
  patches: readonly Pick<Patch, 'number' | 'subject'>[],
): Pick<Coverage, 'files' | 'patches' | 'totals'> {
  const all = files.flatMap(({ lines }) => lines);
  return {
    files: files.map(({ path, lines, functions }) => ({
      ...{ path, lines, functions },
      ...countLines(lines),
    })),
    patches: patches.map(({ number, subject }) => ({
      ...{ number, subject },
      ...countLines(all.filter(({ patch }) => patch === number)),
    })),
    totals: countLines(all),
  };
}

/** Counts lines by what became of them. */
export function countLines(lines: readonly LineCoverage[]): Totals {
  const withCode = lines.filter(({ hits }) => hits !== undefined);
  return {
    withCode: withCode.length,
    reached: withCode.filter(({ hits }) => hits !== 0).length,
    explained: lines.filter(({ reason }) => reason !== undefined).length,
    leftOut: lines.filter(({ leftOut }) => leftOut !== undefined).length,
  };
}

/** Returns the share that was reached in percent, rounded down so that 100 means all. */
export function percent({ withCode, reached }: Pick<Totals, 'withCode' | 'reached'>): string {
  return withCode === 0 ? '-' : `${(Math.floor((reached / withCode) * 1000) / 10).toFixed(1)} %`;
}

async function coverFile(
  { path, lines }: SourceFile,
  { map, recorded, settings, compiled, patches, read }: CoverageInputs,
): Promise<Pick<FileCoverage, 'path' | 'lines' | 'functions'>> {
  const texts = lines.map(({ text }) => text);
  const isCode = findCode(texts);
  const isBuilt = !/\.[cS]$/.test(path) || compiled.has(path);
  const conditions = findLeftOut(texts, settings);
  const forFile = isBuilt ? [] : await findBuildSwitches(path, settings, read);
  const spots = map.lines.get(path);
  const cases = [...recorded.cases.values()];
  const covered = lines.map(({ text, patch, wanted }, index): LineCoverage => {
    const own = patch !== undefined && patches.includes(patch) ? { patch: patch.number } : {};
    const known = { line: index + 1, text, ...own };
    const positions = spots?.get(index + 1);
    if (!wanted) return known;
    if (positions !== undefined) {
      const hits = Math.max(...positions.map((position) => recorded.counts[position] ?? 0));
      const by = cases.flatMap((ran, place) => (hasRun(ran, positions) ? [place] : []));
      return { ...known, hits, cases: by };
    }
    const condition = conditions[index];
    const isLeftOut = condition !== undefined || !isBuilt;
    if (!isLeftOut || isCode[index] !== true) return known;
    return { ...known, leftOut: [...forFile, ...(condition ?? [])] };
  });
  const functions = map.functions
    .filter(({ file }) => file === path)
    .map(({ name, line, position }) => ({ name, line, hits: recorded.counts[position] ?? 0 }));
  return { path, lines: covered, functions: mergeFunctions(functions) };
}

/** A function may have several copies: one for some callers, one for others. */
function mergeFunctions(functions: readonly FunctionCoverage[]): FunctionCoverage[] {
  const merged = new Map<string, FunctionCoverage>();
  for (const each of functions) {
    const key = `${each.line} ${each.name}`;
    merged.set(key, { ...each, hits: each.hits + (merged.get(key)?.hits ?? 0) });
  }
  return [...merged.values()].sort((a, b) => a.line - b.line);
}
