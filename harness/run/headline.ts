import type { CaseResult, Emit } from '../core/events.ts';
import { duration } from '../core/text.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { sumUp } from '../results/headline.ts';

/**
 * Returns an emitter that says what the project's headline came to as soon as its last case has
 * ended, and nothing where none of them has run.
 */
export function tellHeadline(entries: readonly PlanEntry[], emit: Emit): Emit {
  const planned = entries.filter((entry) => entry.planned.headline !== undefined);
  const results: CaseResult[] = [];
  const start = performance.now();
  return (event) => {
    emit(event);
    if (event.type !== 'case-ended' || event.result.headline === undefined) return;
    results.push(event.result);
    if (results.length < planned.length) return;
    if (results.every(({ provenIn }) => provenIn !== undefined)) return;
    const time = duration(performance.now() - start);
    for (const line of sumUp(results)) emit({ type: 'note', text: `${line}, after ${time}` });
  };
}
