import type { Recorder } from '../coverage/recorder.ts';
import { watchConsole } from './console-watch.ts';
import type { ConsoleWatch } from './console-watch.ts';
import { firstOf } from '../core/deadline.ts';
import { defined } from '../core/defined.ts';
import { revive } from '../core/errors.ts';
import type { ErrorReport } from '../core/events.ts';
import { processorTimeOf } from '../core/process-stat.ts';
import type { GuestHandle, Machinery, Vigil } from './guest-handle.ts';
import { watchForLoss } from './guest-loss.ts';
import { listenToPrograms } from './guest-programs.ts';
import type { Programs } from './guest-programs.ts';

/** A guest that cases run in. */
export interface LiveGuest {
  readonly handle: GuestHandle;
  readonly watch: ConsoleWatch;
  readonly programs: Programs;
  /** Resolves once it is of no more use. */
  readonly lost: Promise<ErrorReport>;
  /** Whether there is a sign of that already, though not yet a reason. */
  readonly ailing: () => boolean;
  /** The case whose console lines come now, for the findings' events. */
  running: string | undefined;
}

/** Returns a guest whose console scan has been proved alive. Throws a typed error. */
export async function openLiveGuest(
  machinery: Machinery,
  base: string,
  name: string,
  settings: Vigil,
): Promise<LiveGuest> {
  const { emit, signal, patience } = settings;
  const start = performance.now();
  const handle = await machinery.openGuest({
    base,
    name,
    signal,
    started: (facts) => emit({ type: 'guest-started', guest: name, base, ...facts }),
  });
  const { console, shim } = handle;
  const watch = watchConsole(console, shim, patience);
  let ailing = false;
  const ail = () => void (ailing = true);
  void shim.lost.then(ail);
  void handle.ended.then(ail);
  const live: LiveGuest = {
    handle,
    watch,
    programs: listenToPrograms(shim),
    lost: watchForLoss(handle, settings),
    ailing: () => ailing,
    running: undefined,
  };
  for (const finding of console.findings) tell(finding);
  console.onFinding((finding) => {
    if (finding.kind === 'panic') ail();
    tell(finding);
  });
  function tell(finding: Parameters<ConsoleWatch['isOwn']>[0]): void {
    if (watch.isOwn(finding)) return;
    const running = live.running === undefined ? {} : { case: live.running };
    emit({ type: 'console-finding', guest: name, base, ...running, finding });
  }
  const dead = await watch.proveScan();
  if (dead !== undefined) {
    await closeLiveGuest(live, settings);
    throw revive(dead);
  }
  emit({ type: 'guest-ready', guest: name, base, milliseconds: performance.now() - start });
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
  { handle }: LiveGuest,
  { emit, coverage }: Pick<Vigil, 'emit'> & { readonly coverage?: Recorder | undefined },
): Promise<void> {
  const expected = (await firstOf(handle.ended, 0)) === undefined;
  await coverage?.leave(handle);
  handle.shim.close();
  const processor = await processorTimeOf(handle.pid);
  const { status, signal } = await handle.kill();
  emit({
    type: 'guest-ended',
    guest: handle.name,
    base: handle.base,
    status,
    signal,
    expected,
    consoleLines: handle.console.count,
    scanned: handle.console.scanned,
    ...defined({ processor }),
  });
}
