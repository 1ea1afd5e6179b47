import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeObserved } from '../../../harness/run/decode.ts';
import type { Observed } from '../../../harness/results/verdict.ts';
import type { Finding } from '../../../harness/core/finding.ts';

const complaint = (index: number, fatal = true): Finding => ({
  ...{ kind: 'warn', line: `WARNING: ${index}`, lines: [], index, fatal },
});
const observed = (during: readonly Finding[], after: readonly Finding[] = []): Observed => ({
  end: { kind: 'returned', failures: [] },
  during,
  before: [],
  after,
  leftovers: [],
});
const stack = [{ function: 'f', reliable: true }];
const decode = (finding: Finding) => Promise.resolve({ ...finding, stack });
const decoded = (findings: readonly Finding[]) =>
  findings.filter((finding) => finding.stack).map(({ index }) => index);

it('decodes what turns a case red, and no more of it than somebody reads', async () => {
  const during = [complaint(1, false), ...[2, 3, 4, 5].map((index) => complaint(index))];
  const whole = await decodeObserved(observed(during, [complaint(6), complaint(7)]), { decode });
  assert.deepEqual(decoded(whole.during), [2, 3, 4, 5]);
  assert.deepEqual(decoded(whole.after), [6]);
  assert.equal(whole.during.length, 5);
});

it('leaves everything as it is where nothing can be decoded', async () => {
  const seen = observed([complaint(1)]);
  assert.equal(await decodeObserved(seen, {}), seen);
});
