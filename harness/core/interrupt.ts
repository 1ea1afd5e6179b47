/** A run's answer to Ctrl-C: once in order, twice at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** The shell's convention: 128 and the signal's number. */
const exitStatus = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Listens for Ctrl-C, a kill and a closed terminal. The first aborts the signal with
 * `makeReason`'s value; the second ends the process, and QEMU with it.
 */
export function listenForInterrupt(makeReason: (name: string) => unknown): Interrupt {
  const controller = new AbortController();
  const listen = (name: keyof typeof exitStatus) => {
    if (controller.signal.aborted) process.exit(exitStatus[name]);
    controller.abort(makeReason(name));
  };
  const names = Object.keys(exitStatus) as (keyof typeof exitStatus)[];
  for (const name of names) process.on(name, listen);
  return {
    signal: controller.signal,
    release() {
      for (const name of names) process.off(name, listen);
    },
  };
}
