import type { EstimatedStep, LabEvent, PlannedCase, Stage, Totals } from '../core/events.ts';
import { outcomeOf } from '../results/outcome.ts';
import type { Style } from '../core/style.ts';
import { bar, caseTitle, cleanLine, clip, count, duration } from '../core/text.ts';

/** What is going on at a moment, as the events so far tell it. */
export interface Screen {
  severalBases: boolean;
  readonly stages: Map<string, RunningStage>;
  readonly guests: Map<string, RunningGuest>;
  readonly planned: Map<string, PlannedCase>;
  readonly totals: { -readonly [Key in keyof Totals]: Totals[Key] };
  /** Stages that have not ended, as they were estimated. */
  readonly estimates: Map<string, EstimatedStep>;
  /** Milliseconds that all cases will take, as they were estimated last. */
  casesEstimate: number | undefined;
  /** Milliseconds that all of them are expected to take; NaN if that is not known. */
  plannedExpected: number;
  /** Cases that have ended, attempts counted once each. */
  ended: number;
  /** Milliseconds that the ended ones were expected to take. */
  endedExpected: number;
  firstCaseAt: number | undefined;
  over: boolean;
}

interface RunningStage {
  readonly stage: Stage;
  readonly base: string | undefined;
  readonly since: number;
  readonly expected: number | undefined;
  what: string;
  done: number;
  total: number | undefined;
  unit: string;
}

interface RunningGuest {
  readonly name: string;
  /** What it does now. */
  doing: string;
  since: number;
  expected: number | undefined;
}

/** Returns a screen before the first event. */
export function emptyScreen(): Screen {
  return {
    severalBases: false,
    stages: new Map(),
    guests: new Map(),
    planned: new Map(),
    totals: { planned: 0, pass: 0, fail: 0, known: 0, skip: 0, error: 0, 'not-run': 0 },
    estimates: new Map(),
    casesEstimate: undefined,
    plannedExpected: 0,
    ended: 0,
    endedExpected: 0,
    firstCaseAt: undefined,
    over: false,
  };
}

/** Takes an event into a screen. */
export function updateScreen(screen: Screen, event: LabEvent): void {
  switch (event.type) {
    case 'run-started':
      screen.severalBases = event.bases.length > 1;
      return;
    case 'stage-started':
      screen.stages.set(stageKey(event), {
        stage: event.stage,
        base: event.base,
        since: event.at,
        expected: event.expected ?? screen.estimates.get(stageKey(event))?.milliseconds,
        what: event.what,
        done: 0,
        total: undefined,
        unit: '',
      });
      return;
    case 'stage-progress': {
      const running = screen.stages.get(stageKey(event));
      if (running === undefined) return;
      const { done, total, unit, what } = event;
      Object.assign(running, { done, total, unit, what: what ?? running.what });
      return;
    }
    case 'stage-ended':
    case 'stage-failed':
      screen.stages.delete(stageKey(event));
      screen.estimates.delete(stageKey(event));
      return;
    case 'guest-started':
      screen.guests.set(event.guest, {
        name: event.guest,
        doing: event.how === 'booted' ? 'booting' : 'restoring a saved guest',
        since: event.at,
        expected: event.expected,
      });
      return;
    case 'guest-ready':
      setDoing(screen, event.guest, 'waiting for a case', event.at, undefined);
      return;
    case 'guest-ended':
      screen.guests.delete(event.guest);
      return;
    case 'cases-planned':
      for (const planned of event.cases) {
        screen.planned.set(`${planned.base} ${planned.id}`, planned);
        screen.plannedExpected += planned.expected ?? Number.NaN;
      }
      screen.totals.planned += event.cases.length;
      screen.casesEstimate = event.milliseconds;
      return;
    case 'case-started': {
      const planned = screen.planned.get(`${event.base} ${event.id}`);
      const title = planned === undefined ? event.id : caseTitle(planned, false);
      screen.firstCaseAt ??= event.at;
      setDoing(screen, event.guest, title, event.at, planned?.expected);
      return;
    }
    case 'case-ended': {
      const { result } = event;
      const planned = screen.planned.get(`${result.base} ${result.id}`);
      screen.totals[outcomeOf(result)] += 1;
      screen.ended += 1;
      // One that is not run says nothing of how fast the others are.
      if (result.provenIn === undefined) screen.endedExpected += planned?.expected ?? 0;
      else screen.plannedExpected -= planned?.expected ?? 0;
      if (result.guest !== undefined)
        setDoing(screen, result.guest, 'waiting for a case', event.at, undefined);
      return;
    }
    case 'run-ended':
      screen.over = true;
      return;
    case 'estimated':
      for (const step of event.steps) screen.estimates.set(stageKey(step), step);
      screen.casesEstimate = event.cases.milliseconds;
      return;
    case 'environment':
    case 'note':
    case 'warning':
    case 'base-ready':
    case 'calibrated':
    case 'console-finding':
    case 'coverage':
    case 'mutants':
    case 'against':
      return;
  }
}

function stageKey(event: { readonly stage: Stage; readonly base?: string }): string {
  return `${event.base ?? ''} ${event.stage}`;
}

function setDoing(
  screen: Screen,
  name: string,
  doing: string,
  since: number,
  expected: number | undefined,
): void {
  const guest = screen.guests.get(name);
  if (guest !== undefined) Object.assign(guest, { doing, since, expected });
}

/** How a screen is drawn: at what moment, how wide, in which colours. */
export interface Drawing {
  /** Milliseconds since the run's start. */
  readonly now: number;
  readonly width: number;
  readonly style: Style;
}

/** Returns the moving part of the screen: what runs now, never wider than the terminal. */
export function drawScreen(screen: Screen, drawing: Drawing): string[] {
  if (screen.over) return [];
  return [
    ...[...screen.stages.values()].map((stage) => drawStage(stage, screen.severalBases, drawing)),
    ...[...screen.guests.values()].map((guest) => drawGuest(guest, drawing)),
    ...drawTotals(screen, drawing),
  ];
}

function drawStage(stage: RunningStage, severalBases: boolean, drawing: Drawing): string {
  const { style, now, width } = drawing;
  const name =
    severalBases && stage.base !== undefined ? `${stage.base} ${stage.stage}` : stage.stage;
  const { done, total, unit } = stage;
  const share = total === undefined || total === 0 ? undefined : done / total;
  const progress =
    share === undefined
      ? done > 0
        ? `${done} ${unit}`
        : ''
      : `${bar(share, width < 70 ? 10 : 20)} ${done}/${total} ${unit}`;
  const time = timeWords(now - stage.since, stage.expected);
  return layOut(name.padEnd(11), [progress, time], cleanLine(stage.what), drawing, style.info);
}

function drawGuest(guest: RunningGuest, drawing: Drawing): string {
  const idle = guest.doing === 'waiting for a case';
  const time = idle ? '' : timeWords(drawing.now - guest.since, guest.expected);
  return layOut(guest.name.padEnd(11), [time], cleanLine(guest.doing), drawing, drawing.style.dim);
}

/** `1.2 s`, `1.2 s, usually 0.8 s`. */
function timeWords(elapsed: number, expected: number | undefined): string {
  const time = duration(Math.max(0, elapsed));
  return expected === undefined ? time : `${time}, usually ${duration(expected)}`;
}

/** Name, facts and as much of the free text as the line has room for. */
function layOut(
  name: string,
  facts: readonly string[],
  text: string,
  { width, style }: Drawing,
  paint: (text: string) => string,
): string {
  const fixed = facts.filter((fact) => fact !== '').join('  ');
  // One column stays free: a full line makes some terminals wrap.
  const room = width - 1 - name.length - 1 - (fixed === '' ? 0 : fixed.length + 2);
  if (room < 8) return clip(`${name} ${fixed === '' ? text : fixed}`, width - 1);
  const shown = clip(text, room);
  return `${paint(name)} ${fixed === '' ? shown : `${shown}  ${style.dim(fixed)}`}`;
}

function drawTotals(screen: Screen, drawing: Drawing): string[] {
  const { totals, ended } = screen;
  const { style, width, now } = drawing;
  if (totals.planned === 0) {
    if (screen.casesEstimate === undefined) return [];
    const left = stagesLeft(screen, now) + screen.casesEstimate;
    return [style.strong(clip(`${duration(now)}, about ${duration(left)} left`, width - 1))];
  }
  const of = `${ended} of ${count(totals.planned, 'case')}`;
  const left = timeLeft(screen, now);
  const words = [
    of,
    `${totals.pass} passed`,
    ...(totals.fail > 0 ? [`${totals.fail} failed`] : []),
    ...(totals.known > 0 ? [`${totals.known} known to fail`] : []),
    ...(totals.skip > 0 ? [`${totals.skip} skipped`] : []),
    ...(totals.error > 0 ? [`${totals.error} in error`] : []),
    ...(totals['not-run'] > 0 ? [`${totals['not-run']} not run`] : []),
    duration(now),
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
  ];
  const line = clip(words.join(', '), width - 1);
  return [totals.fail + totals.error > 0 ? style.bad(line) : style.strong(line)];
}

/**
 * Returns how long the stages will take that were estimated and have not ended, in milliseconds:
 * the more of a stage is done, the more that counts and not the estimate.
 */
function stagesLeft({ stages, estimates }: Screen, now: number): number {
  return [...estimates].reduce((sum, [key, { milliseconds = 0 }]) => {
    const running = stages.get(key);
    if (running === undefined) return sum + milliseconds;
    return sum + stageLeft(running, milliseconds, now);
  }, 0);
}

function stageLeft({ since, done, total = 0 }: RunningStage, estimate: number, now: number) {
  const elapsed = now - since;
  const share = total === 0 ? 0 : done / total;
  const byEstimate = Math.max(0, estimate - elapsed);
  return share === 0 ? byEstimate : share * (elapsed / share - elapsed) + (1 - share) * byEstimate;
}

/**
 * Returns how long the remaining cases will take, in milliseconds: what they took last
 * time, scaled by how this run went so far. Undefined where nothing is known yet.
 */
function timeLeft(screen: Screen, now: number): number | undefined {
  const { firstCaseAt, endedExpected, ended, totals, plannedExpected } = screen;
  if (firstCaseAt === undefined || ended >= totals.planned) return undefined;
  // Some have never run here: only their number tells.
  if (Number.isNaN(plannedExpected))
    return screen.casesEstimate && Math.round(screen.casesEstimate * (1 - ended / totals.planned));
  if (endedExpected === 0) return undefined;
  return Math.max(0, ((now - firstCaseAt) / endedExpected) * (plannedExpected - endedExpected));
}
