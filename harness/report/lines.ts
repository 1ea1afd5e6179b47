import type { CaseResult, LabEvent } from '../core/events.ts';
import { outcomeOf, type Outcome } from '../results/outcome.ts';
import { renderErrorReport } from './error.ts';
import type { Style } from '../core/style.ts';
import { caseTitle, cleanLine, count, duration } from '../core/text.ts';

const words: Readonly<Record<Outcome, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  known: 'known',
  skip: 'skip',
  error: 'ERROR',
  'not-run': 'none',
};

/** Returns what a case came to as a word of five characters, coloured. */
export function verdictWord(outcome: Outcome, style: Style): string {
  const word = words[outcome].padEnd(5);
  if (outcome === 'pass') return style.good(word);
  return outcome === 'fail' || outcome === 'error' ? style.bad(word) : style.warn(word);
}

/** Returns what a screen says of a case that has ended, usually one line. */
export function caseLines(result: CaseResult, severalBases: boolean, style: Style): string[] {
  const { verdict, milliseconds, reason, attempt, known } = result;
  const facts = [
    ...(verdict === 'skip' || verdict === 'not-run' ? [] : [duration(milliseconds)]),
    ...(attempt === undefined ? [] : [`${attempt.number} of ${attempt.of}`]),
    ...(known === undefined ? [] : [`known to fail: ${cleanLine(known)}`]),
  ];
  const title = caseTitle(result, severalBases);
  const head = `${verdictWord(outcomeOf(result), style)} ${title}`;
  const first = facts.length === 0 ? head : `${head} ${style.dim(`(${facts.join(', ')})`)}`;
  if (verdict === 'pass' || reason === undefined) return [first];
  return [first, ...reason.split('\n').map((line) => `      ${cleanLine(line)}`)];
}

/**
 * Returns what an event leaves on the screen for good; nothing for one that only moves a
 * progress display.
 */
export function lastingLines(event: LabEvent, severalBases: boolean, style: Style): string[] {
  switch (event.type) {
    case 'note':
      return event.text.split('\n').map(cleanLine);
    case 'warning':
      return event.text.split('\n').map((line) => `${style.warn('warning')} ${cleanLine(line)}`);
    case 'stage-ended': {
      // Its outcome is said, with the calibration, by an event of its own.
      if (event.stage === 'accelerator') return [];
      const name = stageName(event.stage, severalBases ? event.base : undefined);
      const time = event.cached ? 'cached' : duration(event.milliseconds);
      return [`${style.info(name)} ${cleanLine(event.what)} ${style.dim(`(${time})`)}`];
    }
    case 'stage-failed':
      return [
        `${style.bad(stageName(event.stage, event.base))} failed ${style.dim(`(${duration(event.milliseconds)})`)}`,
        ...renderErrorReport(event.error, style),
      ];
    case 'estimated':
      return [cleanLine(estimateWords(event))];
    case 'calibrated':
      return [
        `${style.info('accelerator'.padEnd(11))} ${cleanLine(event.accelerator)}: ${cleanLine(event.reason)} ${style.dim(`(deadlines x ${event.factor.toFixed(1)})`)}`,
      ];
    case 'console-finding':
      if (!event.finding.fatal) return [];
      return [`${style.bad('console')} ${event.guest}: ${cleanLine(event.finding.line)}`];
    case 'guest-ended':
      if (event.expected) return [];
      return [`${style.bad('guest')} ${event.guest} ended on its own: ${howEnded(event)}`];
    case 'case-ended':
      // How many they are was said before the first case, and is said again at the end.
      if (event.result.provenIn !== undefined) return [];
      return caseLines(event.result, severalBases, style);
    case 'run-started':
    case 'environment':
    case 'stage-started':
    case 'stage-progress':
    case 'base-ready':
    case 'cases-planned':
    case 'guest-started':
    case 'guest-ready':
    case 'case-started':
    case 'against':
    case 'coverage':
    case 'mutants':
    case 'run-ended':
      return [];
  }
}

/** `about 14 min on this machine: compiling v6.1 5 min, ...`. */
function estimateWords({ steps, cases }: Extract<LabEvent, { type: 'estimated' }>): string {
  const known = steps.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, cases.milliseconds);
  const words = steps.map(({ what, milliseconds }) =>
    milliseconds === undefined ? `${what} (nothing tells)` : `${what} ${duration(milliseconds)}`,
  );
  const each = [...words, `${count(cases.count, 'case')} ${duration(cases.milliseconds)}`];
  return `about ${duration(known)} on this machine: ${each.join(', ')}`;
}

/** Returns a stage's name, padded, with its base where that matters. */
export function stageName(stage: string, base: string | undefined): string {
  return base === undefined ? stage.padEnd(11) : `${base} ${stage}`.padEnd(19);
}

function howEnded(event: {
  readonly status: number | null;
  readonly signal: string | null;
}): string {
  return event.signal === null
    ? `QEMU's status ${event.status ?? 'unknown'}`
    : `signal ${event.signal}`;
}
