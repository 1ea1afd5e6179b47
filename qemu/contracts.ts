import type { ArchitectureName } from '../harness/core/architectures.ts';
import type { Finding } from '../harness/core/finding.ts';

export interface Accelerator {
  readonly name: 'kvm' | 'tcg';
  /** Why this one, in one plain line. */
  readonly reason: string;
}

/** A machine as a value: everything QEMU needs to know. */
export interface Machine {
  readonly architecture: ArchitectureName;
  readonly accelerator: Accelerator['name'];
  readonly cpu: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly kernel: string;
  readonly initramfs: string;
  readonly commandLine: readonly string[];
}

/** How to bring a machine up: from its kernel, or from a saved state of a booted guest. */
export interface LaunchOptions {
  /** Names the guest in events and in file names: `v2.6.30-1`. */
  readonly name: string;
  /** This guest's own folder under the run's scratch folder; gone with it. */
  readonly folder: string;
  /** Where the serial console is kept, outside the scratch folder. */
  readonly consoleLog: string;
  /** Lines of the console to tell of beside complaints; they turn nothing red. */
  readonly notices?: readonly RegExp[];
  /** Aborting kills the machine. */
  readonly signal: AbortSignal;
  /** A file that saveGuest wrote. */
  readonly restoreFrom?: string;
  /** Stop at the first instruction and wait for gdb on this Unix socket. */
  readonly gdb?: string;
  /** Count the instructions that the guest runs. TCG only. */
  readonly coverage?: CoveragePlugin;
}

/** A plugin that is built, and what it counts. */
export interface CoveragePlugin {
  /** Absolute path of the plugin. */
  readonly plugin: string;
  /** Absolute path of the file of address ranges. */
  readonly ranges: string;
}

/**
 * How often each instruction ran, by where it begins: the number of bytes before it, all ranges
 * laid one after another. Those that did not run are not in it.
 */
export type Hits = ReadonlyMap<number, number>;

/** What a guest's plugin tells. */
export interface CoverageFeed {
  /**
   * Returns what ran since it was last asked. A guest that has ended is asked no more: then it
   * is what it told at its end, which is nothing if QEMU was killed.
   */
  take(): Promise<Hits>;
}

export interface MachineEnd {
  readonly status: number | null;
  readonly signal: string | null;
  /** QEMU's own last words. */
  readonly stderr: string;
  /**
   * Why QEMU left, as its SHUTDOWN event says: `guest-reset` (a panic with panic=1, a
   * triple fault, a reboot), `guest-shutdown`, `host-qmp-quit`, `host-signal`. Absent
   * when it was killed or broke.
   */
  readonly reason?: string;
}

/** A line-wise view of a guest's serial console, from its first byte on. */
export interface Console {
  /**
   * Complete lines, carriage returns and control bytes cleaned: all of them, unless the
   * guest floods its console; then the newest ones, and `first` says where they begin.
   */
  readonly lines: readonly string[];
  /** Index of lines[0] in the whole console; 0 unless old lines were dropped. */
  readonly first: number;
  /** Complete lines so far, dropped ones included. */
  readonly count: number;
  readonly findings: readonly Finding[];
  /** Lines the classifier has looked at; equal to `count` when the scan is alive. */
  readonly scanned: number;
  /** Why the file of the console is not the whole of it, if it isn't. */
  readonly damage: string | undefined;
  /** The last line as far as it has come, without its end. */
  readonly partial: string;
  /** When the last byte came (performance.now), if one did. */
  readonly lastByte: number | undefined;
  /** The kept lines from an index of the whole console on. */
  since(from: number): string[];
  onLine(listener: (line: string, index: number) => void): () => void;
  onFinding(listener: (finding: Finding) => void): () => void;
  /**
   * Returns the first line, from `from` on, that matches. Rejects with the signal's reason
   * when it is aborted, or with a `boot`/`guest-crash` error when the machine ends first.
   */
  waitFor(pattern: RegExp, options: { from?: number; signal: AbortSignal }): Promise<string>;
  /** Writes to the guest's serial input. */
  write(text: string): void;
}

export interface Qmp {
  /** Returns QMP's `return` value. Throws an `infrastructure` error with QMP's own words. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Resolves with the data of the next event of that name, or the next that is accepted. */
  event(name: string, signal: AbortSignal, accept?: (data: unknown) => boolean): Promise<unknown>;
  /** A command of the human monitor: registers, sendkey. */
  human(commandLine: string): Promise<string>;
}

export interface RunningMachine {
  readonly name: string;
  readonly machine: Machine;
  readonly pid: number;
  /** Its own folder, as given at the start. */
  readonly folder: string;
  /** The guest's SSH port on 127.0.0.1. */
  readonly sshPort: number;
  readonly qmp: Qmp;
  readonly console: Console;
  /** Of a machine that was started with it. */
  readonly coverage?: CoverageFeed;
  /** QEMU's command line as started. */
  readonly argv: readonly string[];
  readonly how: 'booted' | 'restored';
  /** Never rejects. */
  readonly ended: Promise<MachineEnd>;
  /** Ends QEMU now (QMP quit, then SIGKILL of its process) and resolves when it is gone. */
  kill(): Promise<MachineEnd>;
}
