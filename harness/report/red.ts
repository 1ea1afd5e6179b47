import type { Finding } from '../core/finding.ts';
import { blameOf, formatFrame, surest } from '../../qemu/stacks.ts';
import type { CaseArtefact, CaseResult, ErrorReport } from '../core/events.ts';
import type { Results } from '../results/results.ts';
import { outcomeOf } from '../results/outcome.ts';
import { renderErrorReport } from './error.ts';
import { shareOf } from './flakes.ts';
import { verdictWord } from './lines.ts';
import { plainStyle, type Style } from '../core/style.ts';
import { caseTitle, cleanLine, clip, duration, middleOut } from '../core/text.ts';

/** How much of the console a summary quotes: the rest is in the reports. */
const consoleHead = 10;
const consoleTail = 30;

/** Characters of a line that a summary quotes: the shim says all of a task in one of thousands. */
const quotedWidth = 200;

/** Returns everything a screen says of a case that failed or could not be judged. */
export function explainCase(
  result: CaseResult,
  { bases, guests, cases }: Pick<Results, 'bases' | 'guests' | 'cases'>,
  style: Style = plainStyle,
): string[] {
  const { assertion, error, findings, shim, guest, reason, look = [] } = result;
  const manual = guests.find(({ name }) => name === guest)?.manual;
  const place = assertion?.at ?? result.file;
  const share = shareOf(result, cases);
  const word = share?.flaky === true ? style.bad('FLAKY') : verdictWord(outcomeOf(result), style);
  return [
    `${word} ${style.strong(caseTitle(result, bases.length > 1))}`,
    ...indent([
      `${place} ${style.dim(`(${duration(result.milliseconds)}${guest === undefined ? '' : `, guest ${guest}`})`)}`,
      ...(share === undefined ? [] : [style.strong(share.words)]),
      ...(reason === undefined ? [] : reason.split('\n').map(cleanLine)),
      ...(assertion === undefined ? [] : explainAssertion(assertion, reason, style)),
      ...(error === undefined ? [] : renderErrorReport(shorten(error), style)),
      ...findings.flatMap((finding) => explainFinding(finding, style)),
      ...artefactsOf(result).flatMap((artefact) => explainArtefact(artefact, style)),
      ...quote('shim', shim, style),
      ...quote('console', middleOut(result.console, consoleHead, consoleTail), style),
      `${style.strong('rerun:')} ${result.rerun}`,
      ...look.map((command) => `${style.strong('look: ')} ${command}`),
      ...(manual === undefined ? [] : [`${style.strong('QEMU: ')} ${cleanLine(manual)}`]),
    ]),
  ];
}

/** Returns the artefacts that a case was about, its own guest's first. */
export function artefactsOf({
  artefact,
  otherArtefacts = [],
}: CaseResult): readonly CaseArtefact[] {
  return artefact === undefined ? otherArtefacts : [artefact, ...otherArtefacts];
}

function explainArtefact({ name, path, lines, file }: CaseArtefact, style: Style): string[] {
  const kept = file === undefined ? '' : `, kept as ${file}`;
  return quote(`${name} (${path}${kept})`, lines, style);
}

function explainFinding({ kind, line, stack = [] }: Finding, style: Style): string[] {
  const blame = blameOf(stack);
  return [
    `${style.bad(`kernel ${kind}`)} ${cleanLine(line)}`,
    ...(blame === undefined ? [] : [`  ${style.strong(cleanLine(blame))}`]),
    ...surest(stack).map((frame) => `  ${style.dim('at')} ${cleanLine(formatFrame(frame))}`),
  ];
}

/** What a hung guest says of all its tasks is hundreds of lines: the page and the JSON have them. */
function shorten(error: ErrorReport): ErrorReport {
  const { details } = error;
  if (details === undefined) return error;
  return { ...error, details: middleOut(details, consoleHead, consoleTail) };
}

function explainAssertion(
  assertion: NonNullable<CaseResult['assertion']>,
  reason: string | undefined,
  style: Style,
): string[] {
  const { message, expected, actual, diff } = assertion;
  return [
    ...(reason?.includes(message) === true ? [] : [cleanLine(message)]),
    ...(diff === undefined
      ? explainValues(expected, actual)
      : diff.split('\n').map((line) => paintDiff(line, style))),
  ];
}

function explainValues(expected: string | undefined, actual: string | undefined): string[] {
  if (expected === undefined && actual === undefined) return [];
  return [`expected ${cleanLine(expected ?? '')}`, `actual   ${cleanLine(actual ?? '')}`];
}

function paintDiff(line: string, style: Style): string {
  const clean = cleanLine(line);
  if (/^\s*(\+\+|\+)/.test(clean)) return style.good(clean);
  return /^\s*(--|-)/.test(clean) ? style.bad(clean) : clean;
}

function quote(name: string, lines: readonly string[], style: Style): string[] {
  if (lines.length === 0) return [];
  return [
    style.strong(`${name}:`),
    ...lines.map((line) => `${style.dim('|')} ${clip(cleanLine(line), quotedWidth)}`),
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
