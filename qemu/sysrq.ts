import { setImmediate as immediate } from 'node:timers/promises';
import type { RunningMachine } from './contracts.ts';
import { consoleId } from './machine.ts';
import { areDead, passed, readHostTime, readProcessors, readRegisters } from './processors.ts';
import type { Processor } from './processors.ts';
import { deafAfter } from './stuck.ts';

/** Milliseconds to wait for the answer to one key. */
const defaultPatience = 2000;

/** An answer is over when nothing has come for so long, in milliseconds; one is looked for as often. */
const silence = 200;

/**
 * Presses a SysRq key by a break on the guest's serial line, and returns whether the kernel
 * answered, when it has. One that can't any more is not waited for; one that the host did not
 * let run is, at most for `patience` milliseconds. Throws the signal's reason, and `qmp-closed`.
 */
export async function pressSysRq(
  running: RunningMachine,
  key: string,
  options: { readonly signal: AbortSignal; readonly patience?: number },
): Promise<boolean> {
  const from = running.console.count;
  const { lastByte } = running.console;
  const end = performance.now() + (options.patience ?? defaultPatience);
  const before = await readHostTime(running);
  await running.qmp.execute('chardev-send-break', { id: consoleId });
  running.console.write(key);
  let look: readonly Processor[] = [];
  while (!(await hasAnswered(running, from, options.signal))) {
    const seen = readProcessors(await readRegisters(running));
    const ran = passed(before, await readHostTime(running))?.ran ?? 0;
    // One that prints much may have more to print before its answer.
    const isSilent = running.console.lastByte === lastByte;
    const deaf = (areDead(look) && areDead(seen)) || (isSilent && ran >= deafAfter);
    look = seen;
    if (!deaf && performance.now() < end) continue;
    // What it had said before QEMU told of its processors has been read then.
    await immediate();
    if (running.console.since(from).some((line) => answer.test(line))) break;
    return false;
  }
  await awaitSilence(running, options.signal);
  return true;
}

const answer = /sysrq ?: /i;

async function hasAnswered(
  { console }: RunningMachine,
  from: number,
  signal: AbortSignal,
): Promise<boolean> {
  const timeout = AbortSignal.timeout(silence);
  const answered = console.waitFor(answer, { from, signal: AbortSignal.any([timeout, signal]) });
  return answered.then(
    () => true,
    (error: unknown) => {
      signal.throwIfAborted();
      if (timeout.aborted) return false;
      throw error;
    },
  );
}

/** A kernel that prints without end while it hangs is not waited for longer, in milliseconds. */
const longestAnswer = 10_000;

/** Resolves when the console has been silent for a moment, or the machine has ended. */
async function awaitSilence(running: RunningMachine, signal: AbortSignal): Promise<void> {
  const end = performance.now() + longestAnswer;
  while (performance.now() < end) {
    const seen = running.console.lastByte;
    const timeout = AbortSignal.timeout(silence);
    const next = running.console.waitFor(/(?:)/, {
      from: running.console.count,
      signal: AbortSignal.any([timeout, signal]),
    });
    const printed = await next.then(
      () => true,
      () => false,
    );
    signal.throwIfAborted();
    if (!printed && running.console.lastByte === seen) return;
  }
}
