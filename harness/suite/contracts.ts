/**
 * What cases know: a guest, its subjects, the two syscalls, the console, the image.
 * Nothing here names QEMU, SSH or a base.
 */

/** A raw syscall's answer. `ret` is its value; `errno` the name (`EBUSY`) or null on success. */
export interface CallResult {
  readonly ret: number;
  readonly errno: string | null;
}

export interface CheckpointResult extends CallResult {
  /** The image's path in the guest, if it went to a file. */
  readonly path: string | undefined;
  /** Bytes that reached the descriptor. */
  readonly bytes: number;
  readonly microseconds: number;
  /** Reads and parses the image as far as it goes; throws never for a broken image. */
  image(): Promise<ParsedImage>;
}

export interface RestartResult extends CallResult {
  /** What became of the task that called restart, if it ended. */
  readonly status?: number;
  readonly signal?: string;
}

/** Who calls, from where, to which descriptor. */
export interface CallOptions {
  /** Default CHECKPOINT_SUBTREE for checkpoint, 0 for restart. */
  readonly flags?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Call from inside a fresh pid namespace. */
  readonly newPidNamespace?: boolean;
  readonly chroot?: string;
  /** Where the image goes; default a fresh file on a tmpfs. */
  readonly to?: Destination;
}

export type Destination =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly append?: boolean;
      readonly offset?: number;
    }
  | { readonly kind: 'pipe' }
  | { readonly kind: 'closed-pipe' }
  | { readonly kind: 'closed-descriptor' }
  | { readonly kind: 'read-only'; readonly path: string };

export type DiskType = 'ext2' | 'ext3' | 'ext4';

export interface SubjectOptions {
  readonly args?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  readonly newPidNamespace?: boolean;
  readonly chroot?: string;
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
  /** Freezes tasks (each with all its threads) and waits until their group says FROZEN. */
  freeze(...pids: readonly number[]): Promise<void>;
  thaw(...pids: readonly number[]): Promise<void>;
  /** The raw syscall from a task of its own. pid 0 is not for this: see the `self` subject. */
  checkpoint(pid: number, options?: CallOptions): Promise<CheckpointResult>;
  restart(pid: number, image: string, options?: CallOptions): Promise<RestartResult>;
  /** `count` checkpoints from one task; how many ended in each errno (`ok` for success). */
  repeat(
    count: number,
    pid: number,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, number>>>;
  /** Attaches with ptrace from a helper until the case ends or detach() is called. */
  trace(pid: number): Promise<{ detach(): Promise<void> }>;
  state(pid: number): Promise<TaskState>;
  /** A pid that no task of the guest has. */
  unusedPid(): Promise<number>;
  /** Active objects of slab caches by name, all if none is named, once what was freed has gone. */
  slabs(...names: readonly string[]): Promise<Readonly<Record<string, number>>>;
  read(path: string): Promise<Uint8Array>;
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

/** What every case is handed. */
export interface CaseContext {
  readonly guest: Guest;
  /**
   * Opens a second guest, as fresh as the first was, for this case alone: nothing is shared
   * with the first, and it ends with the case. What its kernel complains of is the case's.
   * Not for a suite's hooks. Takes half a second; throws if no guest comes up.
   */
  readonly another: () => Promise<Guest>;
}

/** A checkpoint image read as far as it makes sense. */
export interface ParsedImage {
  readonly bytes: number;
  readonly objects: readonly ImageObject[];
  /** The text of the error record, if the image ends in one. */
  readonly error: string | undefined;
  /** Whether it runs from a good header to a good tail with nothing behind. */
  readonly complete: boolean;
  /** Where and why reading stopped, if before the end. */
  readonly broken: { readonly offset: number; readonly why: string } | undefined;
}

export interface ImageObject {
  /** Byte offset from the image's start. */
  readonly offset: number;
  readonly type: number;
  /** `HEADER`, `TASK`, … or `type 77`. */
  readonly name: string;
  /** Header included. */
  readonly length: number;
  /** Decoded fields, for the types the parser knows. */
  readonly fields: Readonly<Record<string, bigint | number | string>>;
}
