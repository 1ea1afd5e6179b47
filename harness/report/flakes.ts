import type { CaseResult } from '../events.ts';

/** A case that ended differently when it was run again. */
export interface Flake {
  readonly first: CaseResult;
  readonly passed: number;
  readonly ran: number;
}

/** Returns the cases that passed at least once and did not always pass, skips left out. */
export function findFlakes(cases: readonly CaseResult[]): Flake[] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of cases) {
    if (result.verdict === 'skip') continue;
    const key = `${result.base} ${result.id}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].flatMap((group) => {
    const passed = group.filter(({ verdict }) => verdict === 'pass').length;
    const [first] = group;
    if (first === undefined || passed === 0 || passed === group.length) return [];
    return [{ first, passed, ran: group.length }];
  });
}
