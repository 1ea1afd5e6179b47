import type { CaseResult, LabEvent, LabEventBody } from '../../../harness/core/events.ts';
import { collectResults, countVerdicts } from '../../../harness/results/results-collect.ts';
import type { Results } from '../../../harness/results/results.ts';

/** What a guest may print to hurt its reader: markup, terminal control, forbidden characters. */
export const hostile =
  '<script>alert(1)</script> & "quoted" \'too\' ]]> \u0000\u0007\u001b[31mred\u001b]0;title\u0007 \ud800 # not ok 99 ::error::x';

const folder = '/results/2026-03-14T15-09-26Z-v2.6.30';

export function caseResult(more: Partial<CaseResult> = {}): CaseResult {
  return {
    id: 'cases/no-such-pid.ts > no such pid > ESRCH',
    base: 'v2.6.30',
    file: 'cases/no-such-pid.ts',
    suite: 'no such pid',
    test: 'ESRCH',
    verdict: 'pass',
    milliseconds: 42,
    findings: [],
    console: ['[    2.1] lab: case 1 begins', '[    2.2] lab: case 1 ends'],
    shim: [],
    rerun: "npm run lab -- cases/no-such-pid.ts --grep 'ESRCH'",
    guest: 'v2.6.30-1',
    ...more,
  };
}

export const failed = caseResult({
  id: 'cases/not-frozen.ts > not frozen > EBUSY for a running task',
  file: 'cases/not-frozen.ts',
  suite: 'not frozen',
  test: 'EBUSY for a running task',
  verdict: 'fail',
  reason: 'Expected values to be strictly equal',
  assertion: {
    message: 'Expected values to be strictly equal',
    operator: 'is',
    expected: 'EBUSY',
    actual: 'null',
    diff: '++EBUSY\n--null',
    at: 'cases/not-frozen.ts:12:3',
  },
  shim: ['{"ret":7,"errno":null,"bytes":4096}'],
  console: ['c/r: task 41 is running', hostile],
});

export const skipped = caseResult({
  id: 'cases/tree.ts > tree > whole container',
  file: 'cases/tree.ts',
  suite: 'tree',
  test: 'whole container',
  verdict: 'skip',
  reason: 'needs patch 22 of the series',
  console: [],
});

export const crashed = caseResult({
  id: 'cases/leader.ts > leader gone > no oops',
  file: 'cases/leader.ts',
  suite: 'leader gone',
  test: 'no oops',
  verdict: 'error',
  reason: 'the guest was lost',
  error: {
    code: 'guest-lost',
    fault: 'guest-crash',
    doing: 'running a case',
    what: 'the guest closed the connection',
    next: 'Look at the console.',
    details: [hostile],
  },
  findings: [
    {
      kind: 'oops',
      line: 'BUG: unable to handle kernel NULL pointer dereference',
      lines: ['BUG: unable to handle kernel NULL pointer dereference', 'IP: [<ffffffff8>] x'],
      index: 311,
      fatal: true,
    },
  ],
});

/** The kernel of a series of two patches. */
export const baseReady: LabEventBody = {
  type: 'base-ready',
  report: {
    base: 'v2.6.30',
    version: '2.6.30',
    sourceId: '0cea46e43f06',
    origin: 'kernel.org',
    series: ['one', 'two'].map((name, index) => ({
      ...{
        number: index + 1,
        subject: `c/r: ${name}`,
        file: `cr/000${index + 1}-c-r-${name}.patch`,
      },
      warnings: index,
    })),
    imageKey: '0123456789abcdef0123',
    rootfsKey: 'fedcba98765432100123',
    kernelWarnings: 1,
  },
  files: { config: 'c', image: 'i', systemMap: 's', vmlinux: 'v', buildLog: 'b' },
};

/** A run with the given cases on one base, as its events come in. */
export function recordRun(
  cases: readonly CaseResult[],
  exitCode: 0 | 1 | 2 | 3,
  more: readonly LabEventBody[] = [],
): LabEvent[] {
  const totals = countVerdicts(cases.length, cases);
  const bodies: LabEventBody[] = [
    {
      type: 'run-started',
      run: '2026-03-14T15-09-26Z-v2.6.30',
      time: '2026-03-14T15:09:26.000Z',
      folder,
      command: 'npm run lab -- --base v2.6.30',
      bases: ['v2.6.30'],
    },
    { type: 'environment', facts: { host: 'bench', node: '20.12.0' } },
    { type: 'note', text: 'Base v2.6.30: its source is in the lab home.' },
    { type: 'stage-started', stage: 'source', base: 'v2.6.30', what: 'source of v2.6.30' },
    {
      type: 'stage-ended',
      stage: 'source',
      base: 'v2.6.30',
      cached: true,
      milliseconds: 120,
      what: 'git repository /home/me/linux',
    },
    { type: 'stage-started', stage: 'build', base: 'v2.6.30', what: 'compiling', expected: 14_000 },
    {
      type: 'stage-progress',
      stage: 'build',
      base: 'v2.6.30',
      done: 450,
      total: 900,
      unit: 'files',
    },
    {
      type: 'stage-ended',
      stage: 'build',
      base: 'v2.6.30',
      cached: false,
      milliseconds: 13_500,
      what: 'bzImage',
    },
    {
      type: 'calibrated',
      accelerator: 'tcg',
      reason: 'TCG: there is no /dev/kvm on this host',
      factor: 2.5,
    },
    {
      type: 'cases-planned',
      cases: cases.map(({ id, base, file, suite, test }) => ({ id, base, file, suite, test })),
    },
    {
      type: 'guest-started',
      guest: 'v2.6.30-1',
      base: 'v2.6.30',
      how: 'booted',
      commandLine: ['qemu-system-x86_64', '-M', 'pc'],
      consoleLog: `${folder}/v2.6.30-1-console.log`,
    },
    { type: 'guest-ready', guest: 'v2.6.30-1', base: 'v2.6.30', milliseconds: 1800 },
    ...cases.flatMap((result): LabEventBody[] => [
      { type: 'case-started', id: result.id, base: result.base, guest: 'v2.6.30-1' },
      { type: 'case-ended', result },
    ]),
    ...more,
    {
      type: 'guest-ended',
      guest: 'v2.6.30-1',
      base: 'v2.6.30',
      status: 0,
      signal: null,
      expected: true,
      consoleLines: 400,
      scanned: 400,
    },
    { type: 'run-ended', totals, exitCode, milliseconds: 20_000 },
  ];
  return bodies.map((body, index) => ({ at: index * 1000, ...body }));
}

export function collect(events: readonly LabEvent[]): Results {
  const collector = collectResults();
  for (const event of events) collector.listener(event);
  return collector.results();
}

export const green = recordRun([caseResult()], 0);
export const red = recordRun([caseResult(), failed, skipped, crashed], 1);
