import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findCommand } from '../../../harness/setup/probe.mjs';
import { findLabHome } from '../../../harness/core/home.ts';
import { renderTap } from '../../../harness/report/tap.ts';
import { lackOf } from '../../extras.ts';
import { caseResult, collect, failed, green, recordRun, red, skipped } from './recorded.ts';

describe('KTAP', () => {
  it('has one line per case, numbered as planned', () => {
    const lines = renderTap(collect(red)).split('\n');
    assert.deepEqual(lines.slice(0, 2), ['KTAP version 1', '1..4']);
    assert.deepEqual(
      lines.filter((line) => /^(not )?ok /.test(line)),
      [
        'ok 1 no such pid > ESRCH',
        'not ok 2 not frozen > EBUSY for a running task',
        'ok 3 tree > whole container # SKIP needs patch 22 of the series',
        'not ok 4 leader gone > no oops',
      ],
    );
  });

  it('lets no name or console line pass for a result or a directive', () => {
    const test = 'a # SKIP b\nok 7 forged';
    const [, , line, next] = renderTap(collect(recordRun([caseResult({ test })], 0))).split('\n');
    assert.equal(line, 'ok 1 no such pid > a \\# SKIP b ok 7 forged');
    assert.equal(next, '');
    for (const line of renderTap(collect(red)).split('\n'))
      assert.match(line, /^(KTAP version 1|1\.\.4|(not )?ok [1-4] .*|# .*|)$/);
  });

  it('explains a red case before its own line', () => {
    const other = caseResult({ test: 'other', verdict: 'fail', reason: 'why other is red' });
    const lines = renderTap(collect(recordRun([failed, other], 1))).split('\n');
    const [first, second, why] = [/^not ok 1 /, /^not ok 2 /, /^# .*why other is red/].map(
      (words) => lines.findIndex((line) => words.test(line)),
    );
    assert.ok(first !== undefined && second !== undefined && why !== undefined);
    assert.ok(first < why && why < second, lines.join('\n'));
    const told = lines.findIndex((line) => line.includes('++EBUSY'));
    assert.ok(told > 1 && told < first, lines.join('\n'));
    assert.equal(lines[second + 1], '');
  });

  it('bails out where the run broke off', () => {
    assert.match(renderTap(collect(green.slice(0, -1))), /^Bail out! the run broke off$/m);
  });
});

const prove = findCommand('prove');
describe(
  'KTAP under prove',
  { skip: lackOf(prove === undefined, "perl's prove is not installed") },
  () => {
    const verdicts = [
      ['a green run', recordRun([caseResult(), skipped], 0), 0, /Result: PASS/],
      ['a red run', red, 1, /Failed tests: {2}2, 4/],
      ['a known failure', recordRun([caseResult(), { ...failed, known: 'later' }], 0), 0, /PASS/],
      ['a run that broke off', green.slice(0, -1), 255, /broke off/],
    ] as const;
    for (const [name, events, status, words] of verdicts) {
      it(`takes ${name} for what it is`, () => {
        const folder = mkdtempSync(join(tmpdir(), 'lab-tap-'));
        try {
          const path = join(folder, 'results.tap');
          writeFileSync(path, renderTap(collect(events)));
          const ran = spawnSync(prove ?? '', ['-e', 'cat', path], { encoding: 'utf8' });
          assert.match(ran.stdout + ran.stderr, words);
          assert.equal(ran.status, status);
          assert.doesNotMatch(ran.stdout, /Parse errors/);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }
  },
);

/** Linux's own reader, in the tree of a base that has one. */
const kunit = join(findLabHome().trees, 'v6.1/tools/testing/kunit');
const noKunit =
  (spawnSync('python3', ['--version']).status !== 0 && 'no python3 here') ||
  (!existsSync(join(kunit, 'kunit_parser.py')) && 'no tree of v6.1 here: lab tree');
const script = `
import io, json, sys
sys.path.insert(0, sys.argv[1])
sys.stdout, out = io.StringIO(), sys.stdout
import kunit_parser
test = kunit_parser.parse_run_tests(open(sys.argv[2]).read().splitlines())
json.dump([[each.name, each.status.name, each.log] for each in test.subtests], out)
`;

describe('KTAP under kunit.py', { skip: noKunit }, () => {
  it('gives each red case its own explanation', () => {
    const reds = ['a', 'b', 'c'].map((test) =>
      caseResult({ test, verdict: 'fail', reason: `why ${test} is red`, console: [] }),
    );
    const folder = mkdtempSync(join(tmpdir(), 'lab-kunit-'));
    try {
      const path = join(folder, 'results.tap');
      writeFileSync(path, renderTap(collect(recordRun(reds, 1))));
      // Without a byte code cache: the tree is the lab's.
      const argv = ['-B', '-c', script, kunit, path];
      const { stdout, stderr } = spawnSync('python3', argv, { encoding: 'utf8' });
      assert.equal(stderr, '');
      const parsed = JSON.parse(stdout) as [string, string, string[]][];
      assert.equal(parsed.length, 3);
      for (const [name, status, log] of parsed) {
        assert.equal(status, 'FAILURE');
        const told = log.filter((line) => line.includes('is red')).map((line) => line.trim());
        assert.deepEqual(told, [`#   why ${name.at(-1) ?? ''} is red`]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
