import type { CaseResult } from '../../../harness/core/events.ts';
import type { Results } from '../../../harness/results/results.ts';
import { baseReady, caseResult, collect, recordRun } from '../report/recorded.ts';

/** Facts about a run that its history depends on. */
export interface PastFacts {
  readonly commit?: string;
  readonly kind?: string;
  readonly host?: string;
  readonly image?: string;
}

/** Returns a run of the given cases, the nth day of March. */
export function runOfDay(
  day: number,
  cases: readonly CaseResult[],
  { commit = `c0ffee00000${day % 10}`, kind, host = 'bench', image }: PastFacts = {},
): Results {
  const date = `2026-03-${String(day).padStart(2, '0')}`;
  const report = baseReady.type === 'base-ready' ? baseReady.report : undefined;
  return {
    ...collect(recordRun(cases, cases.some(({ verdict }) => verdict === 'fail') ? 1 : 0)),
    ...{ run: `${date}T12-00-00Z-v2.6.30`, time: `${date}T12:00:00.000Z` },
    environment: { host, commit },
    ...(kind === undefined ? {} : { kind }),
    baseReports: report === undefined ? [] : [{ ...report, imageKey: image ?? `image${day}` }],
  };
}

/** Returns cases that passed, by their names and how long they took, milliseconds. */
export function passes(times: Readonly<Record<string, number>>): CaseResult[] {
  return Object.entries(times).map(([test, milliseconds]) => one(test, { milliseconds }));
}

/** Returns a case by its name. */
export function one(test: string, more: Partial<CaseResult> = {}): CaseResult {
  return caseResult({ id: `cases/no-such-pid.ts > no such pid > ${test}`, test, ...more });
}
