/** How long an aborted program may take to tidy up before it is killed, in milliseconds. */
const grace = 5000;

/** How a process group is ended. */
export interface GroupEnd {
  /** Asks it to end, and kills it after a grace of 5 s. */
  readonly now: () => void;
  /** To be called once it has ended: a later group may have its number. */
  readonly settle: () => void;
}

/** Returns what ends the process group of a program that leads one. */
export function endGroup(pid: number | undefined): GroupEnd {
  let killer: NodeJS.Timeout | undefined;
  const tell = (signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // The group has ended by itself.
    }
  };
  return {
    now: () => {
      tell('SIGTERM');
      killer = setTimeout(tell, grace, 'SIGKILL');
    },
    settle: () => clearTimeout(killer),
  };
}
