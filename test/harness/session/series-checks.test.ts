import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../harness/core/error-codes.ts';
import type { Finding } from '../../../harness/core/finding.ts';
import { labError, type Fault } from '../../../harness/core/errors.ts';
import { judgeBoot } from '../../../harness/session/series-checks.ts';
import { v6_1 } from '../../../kernel/bases/v6.1.ts';

const finding = (kind: Finding['kind'], line: string, fatal = true): Finding => ({
  kind,
  line,
  lines: [line],
  index: 3,
  fatal,
});
const thrown = (code: ErrorCode, fault: Fault) =>
  labError({ code, fault, doing: 'booting', what: `it was ${code}`, next: 'Look.' });

/** Judges a boot whose console said something, and that something ended. */
async function judge(findings: readonly Finding[], error?: Error) {
  const console = { findings, lines: ['one', 'two'] };
  return judgeBoot({ console }, { base: v6_1 }, error, undefined);
}

describe('a boot is', () => {
  const oops = finding('oops', 'BUG: unable to handle kernel NULL pointer dereference');
  const rows: readonly (readonly [
    string,
    readonly Finding[],
    Error | undefined,
    string,
    RegExp | undefined,
  ])[] = [
    ['green when nothing was said', [], undefined, 'pass', undefined],
    [
      "green with a line of the lab's own",
      [finding('lab', 'lab: canary 1 2')],
      undefined,
      'pass',
      undefined,
    ],
    [
      'green with a notice that turns nothing red',
      [finding('oom', 'a notice', false)],
      undefined,
      'pass',
      undefined,
    ],
    ['red with an oops, though it came up', [oops], undefined, 'fail', /^kernel oops: BUG: unable/],
    [
      'red with an oops that it ended with',
      [oops],
      thrown('boot-panic', 'boot'),
      'fail',
      /^kernel oops/,
    ],
    ['red with a warning', [finding('warn', 'WARNING: at x')], undefined, 'fail', /^kernel warn/],
    ['red when it says nothing', [], thrown('boot-no-output', 'boot'), 'fail', /boot-no-output/],
    ['red when it does not power off', [], thrown('boot-no-end', 'boot'), 'fail', /boot-no-end/],
    ['red when it is gone', [], thrown('guest-crashed', 'guest-crash'), 'fail', /guest-crashed/],
    ['not judged on a slow host', [], thrown('boot-late', 'boot'), 'error', /boot-late/],
    [
      'not judged without a console',
      [],
      thrown('console-scan-dead', 'infrastructure'),
      'error',
      /scan-dead/,
    ],
    ['not judged by a bug of the lab', [], new Error('oh'), 'error', /oh/],
  ];
  for (const [name, findings, error, verdict, reason] of rows)
    it(name, async () => {
      const end = await judge(findings, error);
      assert.equal(end.verdict, verdict);
      if (reason === undefined) assert.equal(end.reason, undefined);
      else assert.match(end.reason ?? '', reason);
      assert.deepEqual(end.console, verdict === 'pass' ? [] : ['one', 'two']);
    });
});
