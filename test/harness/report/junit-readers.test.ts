import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findCommand } from '../../../harness/setup/probe.mjs';
import type { LabEvent } from '../../../harness/core/events.ts';
import { renderJunit } from '../../../harness/report/junit.ts';
import { lackOf } from '../../extras.ts';
import { caseResult, collect, failed, green, hostile, recordRun, red } from './recorded.ts';

const strange = caseResult({
  verdict: 'fail',
  suite: hostile,
  test: hostile,
  reason: hostile,
  console: [hostile],
});
const runs: Readonly<Record<string, readonly LabEvent[]>> = {
  'a green run': green,
  'a red run': red,
  'a run with a known failure': recordRun([{ ...failed, known: 'not written yet' }], 0),
  'a run that broke off': red.filter(({ type }) => type !== 'run-ended' && type !== 'case-ended'),
  'a run without a case': recordRun([], 3),
  'a run of hostile names': recordRun([strange], 1),
};

let folder: string;
before(() => void (folder = mkdtempSync(join(tmpdir(), 'lab-junit-'))));
after(() => rmSync(folder, { recursive: true }));

/** Writes a run's JUnit and returns its path. */
function write(events: readonly LabEvent[]): string {
  const path = join(folder, 'junit.xml');
  writeFileSync(path, renderJunit(collect(events)));
  return path;
}

const xmllint = findCommand('xmllint');
const noLint = lackOf(xmllint === undefined, 'no xmllint here: apt-get install libxml2-utils');
describe('JUnit under its schema', { skip: noLint }, () => {
  const schema = join(import.meta.dirname, 'junit.xsd');
  const validate = (path: string) =>
    spawnSync(xmllint ?? '', ['--noout', '--schema', schema, path], { encoding: 'utf8' });

  for (const [name, events] of Object.entries(runs)) {
    it(`is valid: ${name}`, () => {
      const { status, stderr } = validate(write(events));
      assert.equal(status, 0, stderr);
    });
  }

  it('would not be with an attribute that nobody reads', () => {
    const path = write(red);
    writeFileSync(path, renderJunit(collect(red)).replace('classname=', 'class='));
    assert.equal(validate(path).status, 3);
  });
});

/** Debian's python3-junitparser: reads a file as CI tools do and says what it found. */
const script = `
import json, sys
from junitparser import JUnitXml, Error, Failure, Skipped
names = {Error: 'error', Failure: 'fail', Skipped: 'skip'}
suites = list(JUnitXml.fromfile(sys.argv[1]))
cases = [(case.name, [names[type(result)] for result in case.result], case.time) for suite in suites for case in suite]
counts = [sum(getattr(suite, name) for suite in suites) for name in ('tests', 'failures', 'errors', 'skipped')]
json.dump({'cases': cases, 'counts': counts}, sys.stdout)
`;
// Debian's own python comes first: it is the one that has Debian's packages.
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import junitparser']).status === 0,
);
const noParser = lackOf(
  python === undefined,
  'no junitparser here: apt-get install python3-junitparser',
);
describe('JUnit in a parser that others wrote', { skip: noParser }, () => {
  const read = (events: readonly LabEvent[]) => {
    const { stdout, stderr } = spawnSync(python ?? '', ['-c', script, write(events)], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return JSON.parse(stdout) as { cases: [string, string[], number | null][]; counts: number[] };
  };

  it('has the verdicts and the counts of the run', () => {
    const { cases, counts } = read(red);
    assert.deepEqual(
      cases.map(([, verdicts]) => verdicts),
      [[], ['fail'], ['skip'], ['error']],
    );
    assert.deepEqual(counts, [4, 1, 1, 1]);
    assert.equal(cases[1]?.[2], 0.042);
  });

  it('shows a known failure as a skip, and a run that broke off as errors', () => {
    assert.deepEqual(read(runs['a run with a known failure'] ?? []).counts, [1, 0, 0, 1]);
    const { counts } = read(runs['a run that broke off'] ?? []);
    assert.deepEqual(counts, [5, 0, 5, 0]);
  });
});
