import assert from 'node:assert/strict';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, it } from 'node:test';
import { renderJunit } from '../../../harness/report/junit.ts';
import { collect, failed, recordRun, red } from './recorded.ts';

interface Testcase {
  readonly name: string;
  readonly classname: string;
  readonly file: string;
  readonly time: string;
  readonly failure?: { readonly message: string; readonly type: string; readonly '#text': string };
  readonly error?: { readonly message: string; readonly type: string };
  readonly skipped?: { readonly message: string };
  readonly 'system-out'?: string;
}
interface Counts {
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly skipped: string;
}
type Suite = Counts & { readonly name: string; readonly testcase: readonly Testcase[] };

function parse(xml: string): Counts & { readonly testsuite: readonly Suite[] } {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- no other validator is at hand
  assert.equal(XMLValidator.validate(xml), true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  const { testsuites } = parser.parse(xml) as { testsuites: ReturnType<typeof parse> };
  return testsuites;
}

function cases(xml: string): readonly Testcase[] {
  return parse(xml).testsuite.flatMap(({ testcase }) => testcase);
}

describe('JUnit', () => {
  const xml = renderJunit(collect(red));

  it('counts what it holds', () => {
    const { tests, failures, errors, skipped, testsuite } = parse(xml);
    assert.deepEqual([tests, failures, errors, skipped], ['4', '1', '1', '1']);
    assert.equal(testsuite.length, 4);
  });

  it('tells the kernel’s failure from the lab’s error and from a skip', () => {
    const [pass, fail, skip, error] = cases(xml);
    assert.equal(pass?.failure ?? pass?.error ?? pass?.skipped, undefined);
    assert.equal(fail?.failure?.message, 'Expected values to be strictly equal');
    assert.equal(fail.failure.type, 'is');
    assert.match(fail.failure['#text'], /cases\/not-frozen\.ts:12:3/);
    assert.equal(skip?.skipped?.message, 'needs patch 22 of the series');
    assert.equal(error?.error?.type, 'guest-lost');
    assert.equal(fail.classname, 'v2.6.30.not frozen');
    assert.equal(fail.file, 'cases/not-frozen.ts');
    assert.equal(fail.time, '0.042');
  });

  it('holds nothing XML forbids, and the guest’s markup as text', () => {
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/u);
    assert.match(cases(xml)[1]?.['system-out'] ?? '', /<script>alert\(1\)<\/script> & "quoted"/);
    assert.doesNotMatch(xml, /<script>/);
  });

  it('has a case of its own for what ended the run, and for what never reported', () => {
    const events = red.filter(({ type }) => type !== 'run-ended' && type !== 'case-ended');
    const names = cases(renderJunit(collect(events))).map(({ name, error }) => [name, error?.type]);
    assert.equal(names.length, 5);
    assert.deepEqual(names.at(-1), ['the run', 'broken-off']);
  });

  it('shows a known failure as skipped, so that a job stays green', () => {
    const events = recordRun([{ ...failed, known: 'not written yet' }], 0);
    const [known] = cases(renderJunit(collect(events)));
    assert.equal(
      known?.skipped?.message,
      'known to fail: not written yet; Expected values to be strictly equal',
    );
  });
});
