import type { LabEvent } from '../core/events.ts';
import { lastingLines, stageName } from './lines.ts';
import type { Output, Reporter } from './reporter.ts';
import { plainStyle, type Style } from '../core/style.ts';
import { cleanLine, count, duration } from '../core/text.ts';

/** A log wants to know that a build goes on, not every file of it. */
const progressEvery = 10_000;

/** Nobody needs to be told that they need not wait. */
const worthTelling = 10_000;

/** Returns a reporter for logs: one line per thing, with the seconds since the start. */
export function createPlainReporter(output: Output, style: Style = plainStyle): Reporter {
  let severalBases = false;
  const lastProgress = new Map<string, number>();
  const say = (at: number, lines: readonly string[]) => {
    const time = `[${(at / 1000).toFixed(1).padStart(6)}]`;
    for (const line of lines) output.write(`${style.dim(time)} ${line}\n`);
  };
  return {
    onEvent(event) {
      if (event.type === 'run-started') severalBases = event.bases.length > 1;
      if (event.type === 'stage-progress' && !isDue(event, lastProgress)) return;
      say(event.at, [
        ...startingLines(event, severalBases, style),
        ...lastingLines(event, severalBases, style),
      ]);
    },
  };
}

function isDue(
  event: Extract<LabEvent, { type: 'stage-progress' }>,
  last: Map<string, number>,
): boolean {
  const key = `${event.base ?? ''} ${event.stage}`;
  if (event.at - (last.get(key) ?? 0) < progressEvery) return false;
  last.set(key, event.at);
  return true;
}

/** What a log shows as it begins, since nothing else will say that it goes on. */
function startingLines(event: LabEvent, severalBases: boolean, style: Style): string[] {
  switch (event.type) {
    case 'run-started':
      return [`${style.strong('run')} ${event.run}: ${event.bases.join(', ')}`];
    case 'stage-started':
      return [
        `${style.info(stageName(event.stage, severalBases ? event.base : undefined))} ${cleanLine(event.what)} ...`,
      ];
    case 'stage-progress': {
      const { done, total, unit, what } = event;
      const of = total === undefined ? '' : ` of ${total}`;
      const tail = what === undefined ? '' : `: ${cleanLine(what)}`;
      return [
        `${style.info(stageName(event.stage, severalBases ? event.base : undefined))} ${done}${of} ${unit}${tail}`,
      ];
    }
    case 'cases-planned':
      return [
        `${style.strong(count(event.cases.length, 'case'))} planned${aboutWords(event.milliseconds)}`,
      ];
    case 'guest-ready':
      return [
        `guest ${event.guest} is ready ${style.dim(`(${(event.milliseconds / 1000).toFixed(1)} s)`)}`,
      ];
    case 'environment':
    case 'estimated':
    case 'note':
    case 'warning':
    case 'stage-ended':
    case 'stage-failed':
    case 'base-ready':
    case 'calibrated':
    case 'guest-started':
    case 'guest-ended':
    case 'console-finding':
    case 'case-started':
    case 'against':
    case 'coverage':
    case 'mutants':
    case 'case-ended':
    case 'run-ended':
      return [];
  }
}

function aboutWords(milliseconds = 0): string {
  return milliseconds < worthTelling ? '' : `, about ${duration(milliseconds)}`;
}
