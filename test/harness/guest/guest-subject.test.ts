import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toReport } from '../../../harness/core/errors.ts';
import type { GuestParts } from '../../../harness/guest/guest-parts.ts';
import type { ProgramVoice } from '../../../harness/guest/guest-programs.ts';
import { startProgram, startSubject } from '../../../harness/guest/guest-subject.ts';
import { isGuestAssertion } from '../../../harness/suite/guest-assertion.ts';
import { createUndoStack } from '../../../harness/guest/guest-parts.ts';

/** A guest with one program, which says these lines and has ended. */
function guestOf(out: string | undefined, errors: readonly string[] = []): GuestParts {
  const end = { status: 1, signal: null };
  const voice: ProgramVoice = {
    ...{ errors, end, ended: Promise.resolve(end) },
    nextLine: () => Promise.resolve(out),
  };
  const parts: Partial<GuestParts> = {
    programs: { voiceOf: () => voice },
    undo: createUndoStack(),
    patience: 1000,
    call: (schema) => Promise.resolve(schema.parse({ handle: 1, pid: 42 })),
  };
  return parts as GuestParts;
}

const thrownBy = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('it got ready'),
    (thrown: unknown) => thrown,
  );

describe('a program that does not get ready', () => {
  it('fails the case: the kernel has refused it something', async () => {
    const parts = guestOf(undefined, ['restart: task 1 of 1 was refused', 'restart: EPERM']);
    const thrown = await thrownBy(startProgram(parts, 'restart', [], { says: /^restarted/ }));
    assert.ok(isGuestAssertion(thrown));
    assert.match(thrown.message, /^restart did not get ready: no line came, .*: restart: EPERM$/);
    assert.equal(thrown.assertion.expected, '/^restarted/');
    assert.match(thrown.assertion.actual, /was refused\nrestart: EPERM$/);
  });

  it('fails it too if it is a subject that can not reach its state', async () => {
    const thrown = await thrownBy(startSubject(guestOf('fail pipe'), 'beside', {}));
    assert.ok(isGuestAssertion(thrown));
    assert.match(thrown.message, /it said "fail pipe"/);
  });

  for (const [out, errors] of [
    ['usage no such subject', []],
    [undefined, ['usage: restart [--pids] IMAGE']],
  ] as const)
    it(`is the case's fault if it was asked wrongly: ${out ?? errors.join()}`, async () => {
      const thrown = await thrownBy(startSubject(guestOf(out, errors), 'nobody', {}));
      const { code, fault } = toReport(thrown);
      assert.deepEqual([code, fault], ['program-misused', 'case']);
    });
});
