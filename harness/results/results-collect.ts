import { relative } from 'node:path';
import type { Against } from '../core/against.ts';
import { reportOf } from '../core/errors.ts';
import type { CaseResult, LabEvent, Listener, PlannedCase, Totals } from '../core/events.ts';
import { middleOut } from '../core/text.ts';
import { isRed, outcomeOf } from './outcome.ts';
import type { GuestResult, Results, StageResult } from './results.ts';
import { defined } from '../core/defined.ts';

/** Lines of a case's console that the results keep: the log has all of them. */
const consoleHead = 200;
const consoleTail = 800;

/** What the collector keeps while events come in. */
interface Draft {
  started: Extract<LabEvent, { type: 'run-started' }> | undefined;
  ended: Extract<LabEvent, { type: 'run-ended' }> | undefined;
  lastAt: number;
  accelerator: Results['accelerator'];
  readonly environment: Record<string, string>;
  readonly notes: string[];
  readonly warnings: string[];
  readonly baseReports: Results['baseReports'][number][];
  readonly running: Map<string, Extract<LabEvent, { type: 'stage-started' }>>;
  readonly stages: StageResult[];
  readonly guests: Map<string, GuestResult>;
  readonly against: Against[];
  readonly planned: PlannedCase[];
  readonly cases: CaseResult[];
}

export interface Collector {
  readonly listener: Listener;
  /** What the events so far add up to; may be asked at any time. */
  results(): Results;
}

/** Returns a consumer of the event stream that makes the value every report is rendered from. */
export function collectResults(): Collector {
  const draft: Draft = {
    started: undefined,
    ended: undefined,
    lastAt: 0,
    accelerator: undefined,
    environment: {},
    notes: [],
    warnings: [],
    baseReports: [],
    running: new Map(),
    stages: [],
    guests: new Map(),
    against: [],
    planned: [],
    cases: [],
  };
  return { listener: (event) => take(draft, event), results: () => finish(draft) };
}

function take(draft: Draft, event: LabEvent): void {
  draft.lastAt = event.at;
  switch (event.type) {
    case 'run-started':
      draft.started = event;
      return;
    case 'environment':
      Object.assign(draft.environment, event.facts);
      return;
    case 'note':
      draft.notes.push(event.text);
      return;
    case 'warning':
      draft.warnings.push(event.text);
      return;
    case 'base-ready':
      draft.baseReports.push(event.report);
      return;
    case 'calibrated':
      draft.accelerator = {
        name: event.accelerator,
        reason: event.reason,
        factor: event.factor,
      };
      return;
    case 'cases-planned':
      draft.planned.push(...event.cases);
      return;
    case 'case-ended':
      draft.cases.push(keepEnds(event.result));
      return;
    case 'run-ended':
      draft.ended = event;
      return;
    case 'stage-started':
    case 'stage-ended':
    case 'stage-failed':
      takeStage(draft, event);
      return;
    case 'guest-started':
    case 'guest-ready':
    case 'guest-ended':
    case 'console-finding':
      takeGuest(draft, event);
      return;
    case 'against':
      draft.against.push(event.against);
      return;
    case 'coverage':
    case 'mutants':
    case 'estimated':
    case 'stage-progress':
    case 'case-started':
      return;
  }
}

type StageEvent = Extract<LabEvent, { type: 'stage-started' | 'stage-ended' | 'stage-failed' }>;

function takeStage(draft: Draft, event: StageEvent): void {
  const key = `${event.base ?? ''} ${event.stage}`;
  if (event.type === 'stage-started') {
    draft.running.set(key, event);
    return;
  }
  const started = draft.running.get(key);
  draft.running.delete(key);
  draft.stages.push({
    stage: event.stage,
    ...defined({ base: event.base }),
    what: event.type === 'stage-ended' ? event.what : (started?.what ?? event.error.what),
    cached: event.type === 'stage-ended' && event.cached,
    start: Math.max(0, event.at - event.milliseconds),
    milliseconds: event.milliseconds,
    ...(event.type === 'stage-failed' ? { error: reportOf(event.error) } : {}),
  });
}

type GuestEvent = Extract<
  LabEvent,
  { type: 'guest-started' | 'guest-ready' | 'guest-ended' | 'console-finding' }
>;

function takeGuest(draft: Draft, event: GuestEvent): void {
  const { guests } = draft;
  if (event.type === 'guest-started') {
    const folder = draft.started?.folder;
    const inside = folder !== undefined && event.consoleLog.startsWith(`${folder}/`);
    guests.set(event.guest, {
      name: event.guest,
      base: event.base,
      how: event.how,
      commandLine: event.commandLine,
      ...defined({ manual: event.manual }),
      consoleLog: inside ? relative(folder, event.consoleLog) : event.consoleLog,
      start: event.at,
      findings: [],
    });
    return;
  }
  const guest = guests.get(event.guest);
  if (guest === undefined) return;
  if (event.type === 'guest-ready') {
    guests.set(event.guest, { ...guest, ready: event.milliseconds });
  } else if (event.type === 'guest-ended') {
    const { status, signal, expected, consoleLines, scanned, processor } = event;
    guests.set(event.guest, {
      ...guest,
      end: event.at,
      status,
      signal,
      expected,
      consoleLines,
      scanned,
      ...defined({ processor }),
    });
  } else if (event.case === undefined) {
    guests.set(event.guest, { ...guest, findings: [...guest.findings, event.finding] });
  }
}

function keepEnds(result: CaseResult): CaseResult {
  return { ...result, console: middleOut(result.console, consoleHead, consoleTail) };
}

function finish(draft: Draft): Results {
  const { started, ended } = draft;
  const seen = new Set(draft.cases.map(keyOf));
  const missing = draft.planned.filter((planned) => !seen.has(keyOf(planned)));
  const warnings = [...draft.warnings];
  const exitCode = ended === undefined ? 3 : checkExit(ended.exitCode, draft, missing, warnings);
  return {
    version: 1,
    run: started?.run ?? '',
    time: started?.time ?? '',
    command: started?.command ?? '',
    bases: started?.bases ?? [],
    ...defined({ shard: started?.shard, kind: started?.kind }),
    finished: ended !== undefined,
    exitCode,
    milliseconds: ended?.milliseconds ?? draft.lastAt,
    ...defined({ processorTime: ended?.processorTime }),
    totals: ended?.totals ?? countVerdicts(draft.planned.length, draft.cases),
    ...(ended?.error === undefined ? {} : { error: reportOf(ended.error) }),
    environment: draft.environment,
    ...defined({ accelerator: draft.accelerator }),
    notes: draft.notes,
    ...(draft.against.length === 0 ? {} : { against: draft.against }),
    warnings,
    baseReports: draft.baseReports,
    stages: draft.stages,
    guests: [...draft.guests.values()],
    cases: inPlannedOrder(draft),
    missing,
  };
}

/** Guests end their cases in any order; a report lists them as they were planned, every time. */
function inPlannedOrder({ planned, cases }: Draft): CaseResult[] {
  const places = new Map<string, number>();
  const rounds = new Map<string, number>();
  planned.forEach((each, index) => {
    const round = (rounds.get(keyOf(each)) ?? 0) + 1;
    rounds.set(keyOf(each), round);
    places.set(`${round} ${keyOf(each)}`, index);
  });
  const placeOf = (result: CaseResult) =>
    places.get(`${result.attempt?.number ?? 1} ${keyOf(result)}`) ?? planned.length;
  return [...cases].sort((a, b) => placeOf(a) - placeOf(b));
}

function keyOf(item: { readonly base: string; readonly id: string }): string {
  return `${item.base} ${item.id}`;
}

/** A run that calls itself green while its own events say otherwise is not green. */
function checkExit(
  claimed: 0 | 1 | 2 | 3,
  draft: Draft,
  missing: readonly PlannedCase[],
  warnings: string[],
): 0 | 1 | 2 | 3 {
  if (claimed !== 0) return claimed;
  const red = draft.cases.filter(isRed);
  const failedStage = draft.stages.find(({ error }) => error !== undefined);
  if (missing.length === 0 && red.length === 0 && failedStage === undefined) return 0;
  warnings.push(
    'The run ended as a success, but its own events say otherwise; it counts as an error of the lab.',
  );
  return 3;
}

/** Returns how many cases ended in each verdict. */
export function countVerdicts(planned: number, cases: readonly CaseResult[]): Totals {
  const totals = { planned, pass: 0, fail: 0, known: 0, skip: 0, error: 0, 'not-run': 0 };
  for (const result of cases) totals[outcomeOf(result)] += 1;
  return totals;
}
