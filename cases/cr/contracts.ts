/** What c/r's cases know beside the guest: its two system calls, and the image. */
import type { Guest, Identity } from '../../harness/case.ts';

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
export interface CallOptions extends Identity {
  /** Default CHECKPOINT_SUBTREE for checkpoint, 0 for restart. */
  readonly flags?: number;
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

/** A guest with the calls under test. */
export interface CrGuest extends Guest {
  /** The raw syscall from a task of its own. pid 0 is not for this: see the `self` subject. */
  checkpoint(pid: number, options?: CallOptions): Promise<CheckpointResult>;
  restart(pid: number, image: string, options?: CallOptions): Promise<RestartResult>;
  /** `count` checkpoints from one task; how many ended in each errno (`ok` for success). */
  repeat(
    count: number,
    pid: number,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, number>>>;
}

/** A checkpoint image read as far as it makes sense. */
export interface ParsedImage {
  readonly bytes: number;
  readonly objects: readonly ImageObject[];
  /** The text of the error record, if the image ends in one. */
  readonly error: string | undefined;
  /** Whether it runs from a good header to a good tail with nothing after it. */
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
