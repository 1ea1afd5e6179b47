/**
 * What cases know: a guest, its subjects, its console, the kernel calls under test. Nothing
 * here names QEMU, SSH, a base or a project.
 */

/** What came of a system call under test, made by a task of its own. */
export interface KernelCallResult {
  /** Its value; null of one that does not return to its caller. */
  readonly ret: number | null;
  /** `EBUSY`; null on success. */
  readonly errno: string | null;
  /** Bytes that reached the descriptor it was given. */
  readonly bytes: number | null;
  readonly microseconds: number;
  /** How its caller ended, if it did. */
  readonly status: number | null;
  readonly signal: string | null;
  /** Of a call that was made many times, how many ended in each errno (`ok` for success). */
  readonly counts: Readonly<Record<string, number>>;
}

export interface KernelCallOptions {
  /** It does not return to its caller when it succeeds: that is no failure. */
  readonly replacesCaller?: boolean;
  /** It may take as long as its case: it is many calls. */
  readonly unhurried?: boolean;
}

/** Who does something in the guest, and from where. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
  /** From inside a fresh pid namespace. */
  readonly newPidNamespace?: boolean;
  readonly chroot?: string;
}

export type DiskType = 'ext2' | 'ext3' | 'ext4';

export interface SubjectOptions extends Identity {
  readonly args?: readonly string[];
  /** Put it into this freezer group before it starts. */
  readonly group?: string;
}

export interface ProgramOptions {
  /** What its first line must match. */
  readonly says: RegExp;
  /** The freezer group that it and its children begin in. */
  readonly group?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Where it starts; by default in root's own folder, which others may not enter. */
  readonly cwd?: string;
  /** It is the init of a fresh pid namespace; `pid` is seen from outside unless it says one. */
  readonly newPidNamespace?: boolean;
}

/** What came of a program that has run to its end. */
export interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  /** Lines of its standard output, the newest 10000. */
  readonly lines: readonly string[];
  /** The same of its standard error. */
  readonly errors: readonly string[];
}

/** A program in the guest that has put itself into a state and said so. */
export interface Subject {
  readonly name: string;
  /** As the lab's own pid namespace in the guest sees it. */
  readonly pid: number;
  /** The `key=value` words of its ready line, numbers as text. */
  readonly facts: Readonly<Record<string, string>>;
  /** Says a line to its stdin and returns the line it answers. */
  ask(line: string): Promise<string>;
  /** The next line it prints. */
  line(): Promise<string>;
  signal(name: string): Promise<void>;
  /** Resolves when it has ended. */
  ended(): Promise<{ readonly status: number | null; readonly signal: string | null }>;
}

export interface TaskState {
  readonly pid: number;
  readonly exists: boolean;
  /** The letter of /proc/PID/stat: R S D T t Z. */
  readonly state: string;
  readonly ppid: number;
  readonly tracer: number;
  readonly uid: number;
  readonly threads: number;
  readonly comm: string;
  /** Whether its freezer group says FROZEN. */
  readonly frozen: boolean;
}

export interface GuestConsole {
  /** The lines since this case began. */
  lines(): readonly string[];
  /**
   * Waits for a line of this case that matches and returns it. A kernel complaint that a
   * case expects is named this way; unexpected ones fail the case.
   */
  expect(pattern: RegExp): Promise<string>;
}

export interface Guest {
  readonly console: GuestConsole;
  /** Starts a subject and waits for its ready line. It is killed when the case ends. */
  subject(name: string, options?: SubjectOptions): Promise<Subject>;
  /**
   * Starts a program with its arguments and waits for its first line, which must match
   * `says`; `facts` are that line's. Its process group is killed when the case ends.
   */
  program(argv: readonly string[], options: ProgramOptions): Promise<Subject>;
  /**
   * Runs a program to its end and returns what it said and how it ended. Its process group is
   * killed when the case ends.
   */
  run(argv: readonly string[], options?: Omit<ProgramOptions, 'says'>): Promise<Ran>;
  /** Freezes tasks (each with all its threads) and waits until their group says FROZEN. */
  freeze(...pids: readonly number[]): Promise<void>;
  thaw(...pids: readonly number[]): Promise<void>;
  /**
   * Has a task of its own make a system call under test, in the words of the guest's shim, and
   * returns what came of it. Fails the case if the call does not come back. `name` is the
   * call's, for the reader of a report.
   */
  kernelCall(
    name: string,
    words: readonly string[],
    options?: KernelCallOptions,
  ): Promise<KernelCallResult>;
  /** Attaches with ptrace from a helper until the case ends or detach() is called. */
  trace(pid: number): Promise<{ detach(): Promise<void> }>;
  state(pid: number): Promise<TaskState>;
  /** A pid that no task of the guest has. */
  unusedPid(): Promise<number>;
  /** Active objects of slab caches by name, all if none is named, once what was freed has gone. */
  slabs(...names: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Reads a file, from a byte on. */
  read(path: string, from?: number): Promise<Uint8Array>;
  write(path: string, data: string | Uint8Array): Promise<void>;
  sysctl(name: string, value?: string): Promise<string>;
  /** Mounts a tmpfs of that many KiB on a fresh folder; unmounted when the case ends. */
  smallFileSystem(kib: number): Promise<string>;
  /**
   * Mounts a disk of that many KiB, with a file system of that type on it, on a fresh folder;
   * unmounted when the case ends. A journal takes a MiB of it.
   */
  disk(type: DiskType, kib: number): Promise<string>;
  /** A fresh folder on a tmpfs, removed when the case ends. */
  folder(): Promise<string>;
  /** Any of the shim's commands, for what has no method here; returns its line of JSON. */
  shim(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
}

/** What every case is handed. `G` is the guest as its project extends it. */
export interface CaseContext<G extends Guest = Guest> {
  readonly guest: G;
  /**
   * Opens a second guest, as fresh as the first was, for this case alone: nothing is shared
   * with the first, and it ends with the case. What its kernel complains of is the case's.
   * Not for a suite's hooks. Takes half a second; throws if no guest comes up.
   */
  readonly another: () => Promise<G>;
}
