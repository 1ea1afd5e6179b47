import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findCommand } from '../../../harness/bootstrap/probe.mjs';
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
