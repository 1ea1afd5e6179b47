import { messageOf } from '../../qemu/classify.ts';
import type { CaseResult } from '../core/events.ts';
import { badness, outcomeOf } from './outcome.ts';
import type { Results } from './results.ts';
import { notable } from './trends.ts';

/** What is different between two runs. */
export interface Comparison {
  /** Cases in both whose verdict is another. */
  readonly verdicts: readonly {
    readonly before: CaseResult;
    readonly after: CaseResult;
    /** Whether it was good before and is not now. */
    readonly worse: boolean;
  }[];
  readonly added: readonly CaseResult[];
  readonly removed: readonly CaseResult[];
  /** Cases that take clearly longer or shorter, the biggest change first. */
  readonly times: readonly { readonly before: CaseResult; readonly after: CaseResult }[];
  /** Differences in kernels, series, warnings and machines, a sentence each. */
  readonly circumstances: readonly string[];
}

/** Returns what changed from one run to another. Of repeated cases, the worst attempt counts. */
export function compareResults(before: Results, after: Results): Comparison {
  const old = worstByCase(before.cases);
  const fresh = worstByCase(after.cases);
  const both = [...fresh].flatMap(([key, result]) => {
    const other = old.get(key);
    return other === undefined ? [] : [{ before: other, after: result }];
  });
  return {
    verdicts: both
      .filter((pair) => outcomeOf(pair.before) !== outcomeOf(pair.after))
      .map((pair) => ({ ...pair, worse: rankOf(pair.after) > rankOf(pair.before) })),
    added: [...fresh].filter(([key]) => !old.has(key)).map(([, result]) => result),
    removed: [...old].filter(([key]) => !fresh.has(key)).map(([, result]) => result),
    times: both.filter(isNotable).sort((a, b) => changeOf(b) - changeOf(a)),
    circumstances: [
      ...compareBases(before, after),
      ...comparePlaces(before, after),
      ...compareWarnings(before, after),
    ],
  };
}

function rankOf(result: CaseResult): number {
  return badness[outcomeOf(result)];
}

function worstByCase(cases: readonly CaseResult[]): Map<string, CaseResult> {
  const worst = new Map<string, CaseResult>();
  for (const result of cases) {
    const key = `${result.base} ${result.id}`;
    const known = worst.get(key);
    if (known === undefined || rankOf(result) > rankOf(known)) worst.set(key, result);
  }
  return worst;
}

interface Pair {
  readonly before: CaseResult;
  readonly after: CaseResult;
}

function changeOf({ before, after }: Pair): number {
  return Math.abs(after.milliseconds - before.milliseconds);
}

function isNotable(pair: Pair): boolean {
  const { before, after } = pair;
  if (before.verdict !== 'pass' || after.verdict !== 'pass') return false;
  const [short, long] = [before.milliseconds, after.milliseconds].sort((a, b) => a - b);
  return changeOf(pair) >= notable.milliseconds && (long ?? 0) >= (short ?? 0) * notable.share;
}

function compareBases(before: Results, after: Results): string[] {
  return after.baseReports.flatMap((report) => {
    const old = before.baseReports.find(({ base }) => base === report.base);
    if (old === undefined) return [`${report.base} is new`];
    const name = (patch: { readonly subject: string }) => patch.subject;
    const subjects = report.series.map(name);
    const oldSubjects = old.series.map(name);
    return [
      ...(old.sourceId === report.sourceId
        ? []
        : [
            `${report.base}: the source changed from ${old.version} (${old.sourceId}) to ${report.version} (${report.sourceId})`,
          ]),
      ...subjects
        .filter((subject) => !oldSubjects.includes(subject))
        .map((subject) => `${report.base}: new patch "${subject}"`),
      ...oldSubjects
        .filter((subject) => !subjects.includes(subject))
        .map((subject) => `${report.base}: patch "${subject}" is gone`),
      // Results from before it was kept say nothing of it.
      ...(old.compiler === undefined ||
      report.compiler === undefined ||
      old.compiler === report.compiler
        ? []
        : [`${report.base}: built with ${report.compiler} instead of ${old.compiler}`]),
      ...(old.imageKey === report.imageKey
        ? []
        : [`${report.base}: another image, ${report.imageKey} instead of ${old.imageKey}`]),
      ...(old.kernelWarnings === report.kernelWarnings
        ? []
        : [
            `${report.base}: ${report.kernelWarnings} compiler warnings instead of ${old.kernelWarnings}`,
          ]),
    ];
  });
}

function comparePlaces(before: Results, after: Results): string[] {
  const places = [
    ['accelerator', before.accelerator?.name, after.accelerator?.name],
    ['host', before.environment['host'], after.environment['host']],
    ['processor', before.environment['processor'], after.environment['processor']],
  ] as const;
  return places
    .filter(([, old, fresh]) => old !== fresh)
    .map(
      ([name, old, fresh]) =>
        `another ${name}, so times say little: ${fresh ?? 'unknown'} instead of ${old ?? 'unknown'}`,
    );
}

/** What the lab warned of, and what kernels complained of outside any case. */
function compareWarnings(before: Results, after: Results): string[] {
  const [old, fresh] = [warningsOf(before), warningsOf(after)];
  return [
    ...fresh.filter((text) => !old.includes(text)).map((text) => `new warning: ${text}`),
    ...old.filter((text) => !fresh.includes(text)).map((text) => `no more warning: ${text}`),
  ];
}

function warningsOf({ warnings, guests }: Results): string[] {
  const complaints = guests.flatMap(({ base, findings }) =>
    findings
      .filter(({ fatal }) => fatal)
      .map(({ kind, line }) => `${base}: kernel ${kind} outside any case: ${messageOf(line)}`),
  );
  return [...new Set([...warnings, ...complaints])];
}
