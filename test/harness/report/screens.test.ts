import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabEvent } from '../../../harness/core/events.ts';
import { createPlainReporter } from '../../../harness/report/plain.ts';
import { drawScreen, emptyScreen, updateScreen } from '../../../harness/report/screen.ts';
import { plainStyle, styleFor } from '../../../harness/core/style.ts';
import { renderSummary } from '../../../harness/report/summary.ts';
import {
  caseResult,
  collect,
  crashed,
  failed,
  green,
  hostile,
  recordRun,
  red,
} from './recorded.ts';

// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

function plain(events: readonly LabEvent[]): string[] {
  let text = '';
  const reporter = createPlainReporter({ write: (chunk) => (text += chunk) });
  for (const event of events) reporter.onEvent(event);
  return text.trimEnd().split('\n');
}

describe('the plain screen', () => {
  it('says each thing once, with its time', () => {
    assert.deepEqual(plain(green), [
      '[   0.0] run 2026-03-14T15-09-26Z-v2.6.30: v2.6.30',
      '[   2.0] Base v2.6.30: its source is in the lab home.',
      '[   3.0] source      source of v2.6.30 ...',
      '[   4.0] source      git repository /home/me/linux (cached)',
      '[   5.0] build       compiling ...',
      '[   7.0] build       bzImage (13.5 s)',
      '[   8.0] accelerator tcg: TCG: there is no /dev/kvm on this host (deadlines x 2.5)',
      '[   9.0] 1 case planned',
      '[  11.0] guest v2.6.30-1 is ready (1.8 s)',
      '[  13.0] pass  no such pid > ESRCH (42 ms)',
    ]);
  });

  it('says that a build goes on every ten seconds, not every file', () => {
    const progress = Array.from({ length: 300 }, (_, index): LabEvent => ({
      at: index * 100,
      type: 'stage-progress',
      stage: 'build',
      done: index,
      total: 300,
      unit: 'files',
    }));
    assert.deepEqual(plain(progress), [
      '[  10.0] build       100 of 300 files',
      '[  20.0] build       200 of 300 files',
    ]);
  });

  it('says what is to be done, and about how long it takes', () => {
    const estimated: LabEvent = {
      at: 900,
      type: 'estimated',
      steps: [
        { stage: 'build', base: 'v6.1', what: 'compiling v6.1', milliseconds: 250_000 },
        { stage: 'rootfs', what: 'the user space', milliseconds: 50_000 },
      ],
      cases: { count: 9, milliseconds: 30_000 },
    };
    assert.deepEqual(plain([estimated]), [
      '[   0.9] about 5 min 30 s on this machine: compiling v6.1 4 min 10 s, the user space 50.0 s, 9 cases 30.0 s',
    ]);
  });

  it('says how long the cases take only where anybody would wait', () => {
    const cases = [caseResult()];
    assert.deepEqual(
      plain([
        { at: 0, type: 'cases-planned', cases, milliseconds: 90_000 },
        { at: 0, type: 'cases-planned', cases, milliseconds: 900 },
      ]),
      ['[   0.0] 1 case planned, about 1 min 30 s', '[   0.0] 1 case planned'],
    );
  });

  it('says why a case is red, skipped or in error, and what ended a guest', () => {
    const text = plain([
      ...red,
      {
        at: 1,
        type: 'guest-ended',
        guest: 'g',
        base: 'b',
        status: null,
        signal: 'SIGKILL',
        expected: false,
        consoleLines: 1,
        scanned: 1,
      },
    ]).join('\n');
    assert.match(
      text,
      /FAIL {2}not frozen > EBUSY for a running task \(42 ms\)\n.*Expected values/,
    );
    assert.match(text, /skip {2}tree > whole container\n.*needs patch 22/);
    assert.match(text, /ERROR leader gone > no oops/);
    assert.match(text, /guest g ended on its own: signal SIGKILL/);
  });
});

describe('the live screen', () => {
  function draw(events: readonly LabEvent[], width: number, now: number): string[] {
    const screen = emptyScreen();
    for (const event of events) updateScreen(screen, event);
    return drawScreen(screen, { now, width, style: plainStyle });
  }
  const upTo = (type: LabEvent['type'], events = red) =>
    events.slice(0, events.findIndex((event) => event.type === type) + 1);

  it('shows a stage with its progress, its time and what it usually takes', () => {
    const [line] = draw(upTo('stage-progress'), 100, 9500);
    assert.match(
      line ?? '',
      /^build {7}compiling {2}█{10}░{10} 450\/900 files {2}4\.5 s, usually 14\.0 s$/,
    );
  });

  it('shows what each guest does, and the totals', () => {
    const [guest, totals] = draw(upTo('case-started'), 100, 13_000);
    assert.match(guest ?? '', /^v2\.6\.30-1 {3}no such pid > ESRCH {2}1\.0 s$/);
    assert.equal(totals, '0 of 4 cases, 0 passed, 13.0 s');
  });

  it('is never wider than the terminal', () => {
    for (const events of [upTo('stage-progress'), upTo('guest-started'), upTo('case-started')])
      for (const width of [10, 20, 40, 60, 80, 200])
        for (const line of draw(events, width, 20_000))
          assert.ok(Array.from(line).length < width, `${width}: ${line}`);
  });

  it('is empty when the run is over', () => {
    assert.deepEqual(draw(red, 80, 1), []);
  });

  it('guesses the time left from the durations of the run before', () => {
    const cases = [caseResult(), caseResult({ id: 'two' }), caseResult({ id: 'three' })];
    const events = recordRun(cases, 0).map((event) =>
      event.type === 'cases-planned'
        ? { ...event, cases: event.cases.map((planned) => ({ ...planned, expected: 1000 })) }
        : event,
    );
    const ended = events.findIndex(({ type }) => type === 'case-ended');
    // It began at 12 s and one third of it took 2 s.
    assert.match(draw(events.slice(0, ended + 1), 100, 14_000).at(-1) ?? '', /about 4\.0 s left$/);
  });

  it('tells how long all will take before the first case, the truer the more is built', () => {
    const building: LabEvent[] = [
      {
        at: 1000,
        type: 'estimated',
        steps: [
          { stage: 'tree', base: 'v6.1', what: 'applying', milliseconds: 5000 },
          { stage: 'build', base: 'v6.1', what: 'compiling', milliseconds: 100_000 },
        ],
        cases: { count: 9, milliseconds: 30_000 },
      },
      { at: 1000, type: 'stage-started', stage: 'tree', base: 'v6.1', what: 'patches' },
    ];
    const last = (events: readonly LabEvent[], now: number) => draw(events, 100, now).at(-1);
    assert.equal(last(building, 3000), '3.0 s, about 2 min 13 s left');
    const built: LabEvent[] = [
      ...building,
      {
        at: 6000,
        type: 'stage-ended',
        stage: 'tree',
        base: 'v6.1',
        cached: false,
        milliseconds: 1,
        what: '',
      },
      { at: 6000, type: 'stage-started', stage: 'build', base: 'v6.1', what: 'kernel' },
      {
        at: 46_000,
        type: 'stage-progress',
        stage: 'build',
        base: 'v6.1',
        done: 1,
        total: 1,
        unit: 'files',
      },
    ];
    // All is compiled in less than half the time: what is left is the cases.
    assert.equal(last(built, 46_000), '46.0 s, about 30.0 s left');
  });

  it('tells by their number how long cases will take of which some have never run', () => {
    const cases = [caseResult(), caseResult({ id: 'two' })];
    const events = recordRun(cases, 0).map((event) =>
      event.type === 'cases-planned' ? { ...event, milliseconds: 8000 } : event,
    );
    const ended = events.findIndex(({ type }) => type === 'case-ended');
    assert.match(draw(events.slice(0, ended + 1), 100, 14_000).at(-1) ?? '', /about 4\.0 s left$/);
  });
});

describe('the summary', () => {
  const lines = renderSummary(collect(red), '/results/x');
  const text = lines.join('\n');

  it('explains a red case: where, why, what the shim and the console said, how to rerun', () => {
    for (const words of [
      /FAIL {2}not frozen > EBUSY for a running task\n {2}cases\/not-frozen\.ts:12:3/,
      /\+\+EBUSY\n {2}--null/,
      /shim:\n {2}\| \{"ret":7,"errno":null,"bytes":4096\}/,
      /console:\n {2}\| c\/r: task 41 is running/,
      /rerun: npm run lab -- cases/,
    ])
      assert.match(text, words);
  });

  it('explains an error with its facts, and what the kernel said', () => {
    assert.match(text, /error running a case\n {4}the guest closed the connection/);
    assert.match(text, /next: Look at the console\. \[guest-lost\]/);
    assert.match(text, /kernel oops BUG: unable to handle kernel NULL pointer dereference/);
  });

  it('lists skips with their reasons and ends with the totals and the place', () => {
    assert.match(text, /skip {2}tree > whole container: needs patch 22 of the series/);
    assert.deepEqual(lines.slice(-2), [
      '4 cases on v2.6.30: 1 passed, 1 failed, 1 skipped, 1 in error in 20.0 s',
      'reports in /results/x',
    ]);
  });

  it('lets no guest draw on the terminal', () => {
    for (const line of [...lines, ...plain(red)]) assert.doesNotMatch(line, control);
    assert.match(text, /<script>alert/);
  });

  it('names the cases that never reported, and says that the run broke off', () => {
    const cut = red.filter(({ type }) => type !== 'run-ended' && type !== 'case-ended');
    const broken = renderSummary(collect(cut), '/results/x').join('\n');
    assert.match(
      broken,
      /ERROR not frozen > EBUSY for a running task: planned, but never reported/,
    );
    assert.match(broken, /the run broke off/);
    assert.match(broken, /4 not reported/);
  });

  it('says of a case that was run again how often it passed', () => {
    const again = [1, 2, 3].map((number) => ({
      ...(number === 2 ? { ...failed, id: 'x', test: 'x' } : caseResult({ id: 'x', test: 'x' })),
      attempt: { number, of: 3 },
    }));
    const flaky = renderSummary(collect(recordRun(again, 1)), '/x').join('\n');
    assert.match(flaky, /FLAKY .* > x: passed 2 of 3/);
    assert.doesNotMatch(text, /FLAKY/);
  });

  it('keeps both ends of what a hung guest said of itself', () => {
    const details = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    const hung = { ...crashed, error: { ...crashed.error, details } } as typeof crashed;
    const told = renderSummary(collect(recordRun([hung], 1)), '/x');
    assert.ok(told.length < 100, String(told.length));
    for (const line of ['line 0', 'line 499']) assert.ok(told.join('\n').includes(`| ${line}\n`));
  });

  it('keeps both ends of a long console', () => {
    const console = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
    const quoted = renderSummary(collect(recordRun([{ ...crashed, console }], 3)), '/x');
    assert.ok(quoted.length < 70);
    assert.match(quoted.join('\n'), /line 9\n.*960 lines left out.*\n.*line 970/);
  });
});

describe('colours', () => {
  const wishes = [
    ['a terminal', { isTTY: true }, {}, true],
    ['a pipe', {}, {}, false],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
    ['a terminal and NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR, which means nothing', { isTTY: true }, { NO_COLOR: '' }, true],
    ['a pipe and FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['a terminal and FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR before FORCE_COLOR', { isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ] as const;
  for (const [name, stream, env, coloured] of wishes)
    it(`${coloured ? 'are used' : 'are left out'} for ${name}`, () => {
      assert.equal(styleFor(stream, env).bad('x') !== 'x', coloured);
    });
});

it('keeps what it is tested with hostile', () => {
  assert.match(hostile, control);
});
