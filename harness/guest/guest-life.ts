import type { Recorder } from '../coverage/recorder.ts';
import { watchConsole } from './console-watch.ts';
import { firstOf } from '../core/deadline.ts';
import { defined } from '../core/defined.ts';
import { revive } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import type { Finding } from '../core/finding.ts';
import { processorTimeOf } from '../core/process-stat.ts';
import type { RunningMachine } from '../../qemu/contracts.ts';
import { watchForLoss } from './guest-loss.ts';
import { listenToPrograms } from './guest-programs.ts';
import type { GuestRequest, LiveGuest, Outside, Vigil } from './live-guest.ts';
import type { ShimClient } from './shim-client.ts';

/**
 * Returns the guest of a machine whose shim answers, once its console scan has been proved
 * alive. Throws a typed error, and ends the machine, if it is not.
 */
export async function bringToLife(
  machine: RunningMachine,
  shim: ShimClient,
  outside: Outside,
  { base, emit, signal, patience }: GuestRequest,
): Promise<LiveGuest> {
  const { name, console, ended } = machine;
  const watch = watchConsole(console, shim, patience);
  let ailing = false;
  const ail = () => void (ailing = true);
  void shim.lost.then(ail);
  void ended.then(ail);
  const live: LiveGuest = {
    ...machine,
    ...outside,
    base,
    shim,
    watch,
    programs: listenToPrograms(shim),
    lost: watchForLoss({ shim, console, ended, ...outside }, { patience, signal }),
    ailing: () => ailing,
    running: undefined,
  };
  for (const finding of console.findings) tell(finding);
  console.onFinding((finding) => {
    if (finding.kind === 'panic') ail();
    tell(finding);
  });
  function tell(finding: Finding): void {
    if (watch.isOwn(finding)) return;
    const running = live.running === undefined ? {} : { case: live.running };
    emit({ type: 'console-finding', guest: name, base, ...running, finding });
  }
  const dead = await watch.proveScan();
  if (dead !== undefined) {
    await closeLiveGuest(live, { emit });
    throw revive(dead);
  }
  return live;
}

/**
 * Makes a guest that has run its cases say so on its console, proves once more that the
 * scan is alive, and returns why either failed.
 */
export async function bidFarewell({ watch }: LiveGuest): Promise<ErrorReport | undefined> {
  const end = await watch.mark('the end of this guest');
  return typeof end === 'number' ? watch.proveScan() : end;
}

/** Ends the machine and tells how it ended: when the lab asked it to, or before. */
export async function closeLiveGuest(
  live: LiveGuest,
  { emit, coverage }: Pick<Vigil, 'emit'> & { readonly coverage?: Recorder | undefined },
): Promise<void> {
  const { name, base, console } = live;
  const expected = (await firstOf(live.ended, 0)) === undefined;
  await coverage?.leave(live);
  live.shim.close();
  const processor = await processorTimeOf(live.pid);
  const { status, signal } = await live.kill();
  emit({
    type: 'guest-ended',
    guest: name,
    base,
    status,
    signal,
    expected,
    consoleLines: console.count,
    scanned: console.scanned,
    ...defined({ processor }),
  });
}
