import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whereTimeWent } from '../../../harness/results/where-time-went.ts';
import { collect, green } from '../report/recorded.ts';

const run = collect(green);
const [guest] = run.guests;
assert.ok(guest !== undefined);

describe('whereTimeWent', () => {
  const measured = {
    ...run,
    milliseconds: 10_000,
    processorTime: { processors: 2, lab: 1000, children: 9000 },
    guests: [{ ...guest, start: 2000, end: 8000, ready: 1000, processor: 5000 }],
    cases: run.cases.map((each) => ({ ...each, milliseconds: 3000 })),
  };
  const told = (rows: readonly { milliseconds: number; share: number }[] = []) =>
    rows.map(({ milliseconds, share }) => [milliseconds, share]);

  it('shares out the processors: guests, the lab, other programs, nobody', () => {
    assert.deepEqual(told(whereTimeWent(measured)?.processors), [
      [5000, 0.25],
      [1000, 0.05],
      [4000, 0.2],
      [10_000, 0.5],
    ]);
  });

  it("shares out the guests' lives: coming up, cases, the rest", () => {
    const rows = told(whereTimeWent(measured)?.guests).map(([milliseconds]) => milliseconds);
    assert.deepEqual(rows, [1000, 3000, 2000]);
  });

  it('counts no case that was not run here', () => {
    const proven = {
      ...measured,
      cases: measured.cases.map((each) => ({ ...each, provenIn: 'x' })),
    };
    assert.equal(whereTimeWent(proven)?.guests[1]?.milliseconds, 0);
  });

  it('says nothing of a run that nobody measured', () => {
    assert.equal(whereTimeWent(run), undefined);
  });
});
