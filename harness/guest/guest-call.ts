import type { KernelCallOptions, KernelCallResult } from '../suite/contracts.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';
import { callAnswer, type CallAnswer } from './guest-answers.ts';
import { labError } from '../core/errors.ts';
import type { GuestParts } from './guest-parts.ts';

/** Has the shim make a call under test. Throws an assertion if it does not come back. */
export async function callKernel(
  { call, calls, patience }: Pick<GuestParts, 'call' | 'calls' | 'patience'>,
  name: string,
  words: readonly string[],
  { replacesCaller = false, unhurried = false }: KernelCallOptions = {},
): Promise<KernelCallResult> {
  if (calls?.includes(name) === false) throw undeclared(name, calls);
  const deadline = unhurried ? [] : ['--timeout', String(patience)];
  const answer = await call(callAnswer, [...words, ...deadline]);
  if (!replacesCaller) mustReturn(name, answer);
  const { ret, errno, bytes, us, status = null, signal = null, counts = {} } = answer;
  return { ret, errno, bytes, microseconds: us, status, signal, counts };
}

function undeclared(name: string, calls: readonly string[]): Error {
  return labError({
    code: 'call-undeclared',
    fault: 'case',
    doing: `calling ${name}`,
    what: `the project names ${calls.join(', ')} as its calls`,
    next: 'Add it to `calls` of lab.config.ts.',
  });
}

/** Throws unless the call came back. Only a kernel can keep a system call from returning. */
function mustReturn(name: string, answer: CallAnswer): void {
  if (answer.timeout)
    throw guestAssertion(
      answer.ended
        ? `${name} did not return; its caller had to be killed`
        : `${name} did not return, and its caller can't be killed`,
      { operator: 'returns', expected: 'a value', actual: JSON.stringify(answer) },
    );
  if (answer.ret === null)
    throw guestAssertion(`${name} did not return: its caller ended by ${howEnded(answer)}`, {
      operator: 'returns',
      expected: 'a value',
      actual: JSON.stringify(answer),
    });
}

function howEnded({ status, signal }: CallAnswer): string {
  return signal ?? `status ${status ?? 'unknown'}`;
}
