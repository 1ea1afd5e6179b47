import { freezerAnswer, frozenAnswer, plainAnswer, anyAnswer } from './guest-answers.ts';
import { guestAssertion } from '../suite/guest-assertion.ts';
import type { GuestParts } from './guest-parts.ts';

/** Freezes tasks and waits for their group to say so. They are thawed when the scope ends. */
export async function freeze(parts: GuestParts, pids: readonly number[]): Promise<void> {
  const { call, callRaw, undo } = parts;
  const words = ['freeze', ...pids.map(String), '--timeout', String(parts.patience)];
  // Thawed also if freezing fails half-way. A task that is gone needs no thawing.
  for (const pid of pids)
    undo.push(`freezer group of ${pid}`, async () => {
      const answer = await callRaw(['thaw', String(pid)]);
      if (answer['timeout'] === true) throw notReached(pid, 'thaw', answer['state']);
    });
  const { state, timeout } = await call(freezerAnswer, words);
  if (timeout) throw notReached(pids[0] ?? 0, 'freeze', state);
}

/** Thaws tasks and waits for their groups to say so. */
export async function thaw({ call, patience }: GuestParts, pids: readonly number[]): Promise<void> {
  const words = ['thaw', ...pids.map(String), '--timeout', String(patience)];
  const { state, timeout } = await call(freezerAnswer, words);
  if (timeout) throw notReached(pids[0] ?? 0, 'thaw', state);
}

/** Attaches to a task with ptrace until detach() is called or the scope ends. */
export async function trace(
  { call, undo }: GuestParts,
  pid: number,
): Promise<{ detach(): Promise<void> }> {
  // A frozen task stops for its tracer only once it is thawed; any other can be waited for.
  const { state } = await call(frozenAnswer, ['frozen', String(pid)]);
  const words = ['ptrace', String(pid), ...(state === 'FROZEN' ? [] : ['--wait'])];
  const { ret, errno } = await call(plainAnswer, words);
  if (ret < 0)
    throw guestAssertion(`task ${pid} can't be traced: ${errno ?? 'it failed'}`, {
      operator: 'trace',
      expected: 'success',
      actual: errno ?? String(ret),
    });
  let attached = true;
  const detach = async () => {
    if (!attached) return;
    attached = false;
    await call(anyAnswer, ['detach', String(pid)]);
  };
  undo.push(`tracer of ${pid}`, detach);
  return { detach };
}

function notReached(pid: number, verb: 'freeze' | 'thaw', state: unknown): Error {
  return guestAssertion(`the group of task ${pid} does not ${verb}`, {
    operator: verb,
    expected: verb === 'freeze' ? 'FROZEN' : 'THAWED',
    actual: String(state),
  });
}
