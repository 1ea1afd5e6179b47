import type { RunOptions } from '../../harness/plan/options.ts';
import type { World } from './world.ts';

/** Where a lab's process writes its events, a line of JSON each. */
export const eventDescriptor = 3;

/**
 * When a lab is to be killed: at the first event with these values, or as soon as there is a
 * file of such a name, and at least that many bytes, in a folder of its world.
 */
export type Moment =
  | { readonly type: string; readonly stage?: string; readonly id?: string }
  | { readonly folder: string; readonly pattern: string; readonly bytes?: number };

/** What a lab's process is to do. */
export interface Order extends Partial<
  Pick<RunOptions, 'jobs' | 'isolate' | 'deadline' | 'repeat'>
> {
  readonly world: World;
  /** Absolute paths of case files. */
  readonly files: readonly string[];
  /** When it kills itself with SIGKILL. */
  readonly moment?: Moment;
  /** When it interrupts itself with SIGINT: at each of these, in this order. */
  readonly interrupts?: readonly Moment[];
  /** Find out whether KVM works, as a run does by itself; else TCG. */
  readonly tryKvm?: boolean;
  /** TCP ports of 127.0.0.1 that it keeps for itself. */
  readonly ports?: readonly number[];
}
