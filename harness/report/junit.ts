import XMLBuilder from 'fast-xml-builder';
import type { CaseResult } from '../core/events.ts';
import { outcomeOf } from '../results/outcome.ts';
import type { Results } from '../results/results.ts';
import { shareOf } from './flakes.ts';
import { explainCase } from './red.ts';
import { cleanLine, provenWords } from '../core/text.ts';

// What XML 1.0 (section 2.2) does not allow, lone surrogates included.
const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/**
 * Returns a run as JUnit XML, as Jenkins and GitLab read it: one suite per base and case
 * file, `failure` for the kernel's fault, `error` for the lab's or the machine's, and the
 * console in `system-out`.
 */
export function renderJunit(results: Results): string {
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    textNodeName: '#',
    format: true,
    suppressEmptyNode: true,
  });
  const suites = [...groupCases(results).entries()].map(([name, cases]) =>
    suite(name, cases, results),
  );
  const early = endOfRun(results);
  if (early !== undefined) suites.push(early);
  const all = suites.map(({ counts }) => counts);
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'cr-lab',
      ...attributes(all.reduce(add, noCounts), results.milliseconds),
      testsuite: suites.map(({ node }) => node),
    },
  };
  return builder.build(document);
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}
const noCounts: Counts = { tests: 0, failures: 0, errors: 0, skipped: 0 };

interface Suite {
  readonly counts: Counts;
  readonly node: object;
}

function groupCases(results: Results): Map<string, CaseResult[]> {
  const groups = new Map<string, CaseResult[]>();
  for (const result of results.cases) {
    const name = `${result.base} ${result.file}`;
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return groups;
}

function suite(name: string, cases: readonly CaseResult[], results: Results): Suite {
  const counts = cases.map(countOf).reduce(add, noCounts);
  const time = cases.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const node = {
    '@name': clean(name),
    '@timestamp': results.time.replace(/(\.\d+)?Z$/, ''),
    '@hostname': clean(results.environment['host'] ?? 'localhost'),
    ...attributes(counts, time),
    testcase: cases.map((result) => testcase(result, results)),
  };
  return { counts, node };
}

function testcase(result: CaseResult, results: Results): object {
  const attempt =
    result.attempt === undefined ? '' : ` (${result.attempt.number} of ${result.attempt.of})`;
  const output = [...provenWords(result), ...result.console];
  return {
    '@classname': clean(`${result.base}.${result.suite || result.file}`),
    '@name': clean(`${result.test}${attempt}`),
    '@file': clean(result.file),
    '@time': seconds(result.milliseconds),
    ...verdictNode(result, results),
    ...(output.length === 0 ? {} : { 'system-out': { '#': clean(output.join('\n')) } }),
  };
}

function verdictNode(result: CaseResult, results: Results): object {
  const { verdict, reason = '', assertion, error, known = '' } = result;
  if (verdict === 'pass') return {};
  if (verdict === 'skip' || verdict === 'not-run')
    return { skipped: { '@message': clean(reason) } };
  // JUnit has no word for a known failure; counted as a failure it would turn a job red.
  if (outcomeOf(result) === 'known')
    return { skipped: { '@message': clean(`known to fail: ${known}; ${reason}`) } };
  const share = shareOf(result, results.cases);
  const kind = verdict === 'fail' ? (assertion?.operator ?? 'failure') : (error?.code ?? 'error');
  const node = {
    '@message': clean(share === undefined ? reason : `${share.words}; ${reason}`),
    '@type': clean(share?.flaky === true ? 'flaky' : kind),
    '#': clean(explainCase(result, results).join('\n')),
  };
  return verdict === 'fail' ? { failure: node } : { error: node };
}

/** What no case tells: an error that ended the run, and cases nobody heard of again. */
function endOfRun({ error, finished, missing }: Results): Suite | undefined {
  const cases = missing.map((planned) => ({
    '@classname': clean(`${planned.base}.${planned.suite || planned.file}`),
    '@name': clean(planned.test),
    error: { '@message': 'planned, but never reported', '@type': 'missing' },
  }));
  const end =
    error === undefined
      ? finished
        ? undefined
        : { '@message': 'the run broke off', '@type': 'broken-off' }
      : {
          '@message': clean(`${error.doing}: ${error.what}`),
          '@type': clean(error.code),
          '#': clean([...(error.details ?? []), error.next].join('\n')),
        };
  const all = [
    ...cases,
    ...(end === undefined ? [] : [{ '@classname': 'cr-lab', '@name': 'the run', error: end }]),
  ];
  if (all.length === 0) return undefined;
  const counts = { ...noCounts, tests: all.length, errors: all.length };
  return { counts, node: { '@name': 'the lab', ...attributes(counts, 0), testcase: all } };
}

function countOf(result: CaseResult): Counts {
  const outcome = outcomeOf(result);
  return {
    tests: 1,
    failures: outcome === 'fail' ? 1 : 0,
    errors: outcome === 'error' ? 1 : 0,
    skipped: ['skip', 'known', 'not-run'].includes(outcome) ? 1 : 0,
  };
}

function add(a: Counts, b: Counts): Counts {
  return {
    tests: a.tests + b.tests,
    failures: a.failures + b.failures,
    errors: a.errors + b.errors,
    skipped: a.skipped + b.skipped,
  };
}

function attributes(counts: Counts, milliseconds: number): object {
  return {
    '@tests': counts.tests,
    '@failures': counts.failures,
    '@errors': counts.errors,
    '@skipped': counts.skipped,
    '@time': seconds(milliseconds),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** Text that XML can hold, without terminal sequences; the builder escapes the rest. */
function clean(text: string): string {
  return text
    .split('\n')
    .map((line) => cleanLine(line))
    .join('\n')
    .replace(forbidden, '');
}
