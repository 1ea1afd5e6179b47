import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from '../../../harness/core/context.ts';
import type { ErrorCode } from '../../../harness/core/error-codes.ts';
import { isLabError, labError, type Fault } from '../../../harness/core/errors.ts';
import { settleBoth } from '../../../harness/session/prepare.ts';

const failure = (fault: Fault) =>
  labError({
    code: `no-${fault}` as ErrorCode,
    fault,
    doing: 'testing',
    what: fault,
    next: 'Nothing.',
  });

function contextOf(signal: AbortSignal): Context {
  return { signal } as unknown as Context;
}

/** Work that ends only when it is told to, then with that reason. */
const endless = ({ signal }: Context): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

const idle = contextOf(new AbortController().signal);

describe('two stages at once', () => {
  it('return both values', async () => {
    const both = await settleBoth(
      idle,
      () => Promise.resolve(1),
      () => Promise.resolve('b'),
    );
    assert.deepEqual(both, [1, 'b']);
  });

  it('stop with the first error, whichever has it, and leave nothing running', async () => {
    for (const order of [0, 1]) {
      let stopped: unknown;
      const works = [
        () => Promise.reject(failure('build')),
        (within: Context) =>
          endless(within).catch((error: unknown) => {
            stopped = error;
            throw error;
          }),
      ] as const;
      const first = order === 0 ? works[0] : works[1];
      const second = order === 0 ? works[1] : works[0];
      await assert.rejects(settleBoth(idle, first, second), { code: 'no-build' });
      assert.ok(isLabError(stopped) && stopped.code === 'stage-given-up');
    }
  });

  it('say what the caller can put right before what the machine lacks', async () => {
    const late = async (within: Context): Promise<never> => {
      await endless(within).catch(() => undefined);
      throw failure('source');
    };
    const works = [() => Promise.reject(failure('infrastructure')), late] as const;
    await assert.rejects(settleBoth(idle, ...works), { code: 'no-source' });
  });

  it('stop when the run is interrupted', async () => {
    const interrupt = new AbortController();
    const both = settleBoth(contextOf(interrupt.signal), endless, endless);
    interrupt.abort(new Error('interrupted'));
    await assert.rejects(both, /interrupted/);
  });
});
