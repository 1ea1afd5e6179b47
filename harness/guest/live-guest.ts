import type { Context } from '../core/context.ts';
import type { KeptTime } from '../core/deadline.ts';
import type { ErrorReport } from '../core/events.ts';
import type { Finding } from '../core/finding.ts';
import type { RunningMachine } from '../../qemu/contracts.ts';
import type { ConsoleWatch } from './console-watch.ts';
import type { Programs } from './guest-programs.ts';
import type { ShimClient } from './shim-client.ts';

/** How a guest is looked after: whom to tell, when to stop, how long to wait. */
export interface Vigil extends Pick<Context, 'emit' | 'signal'> {
  /** Milliseconds for what should come at once: a marker, a line, a state. */
  readonly patience: number;
}

/** What a guest that no longer answers has told when it was asked from outside. */
export interface Interrogation {
  /** Stacks, registers: for a person to read. */
  readonly lines: readonly string[];
  /** How it is known that its kernel hangs; undefined if it is not. */
  readonly stuck?: string | undefined;
}

/** What a guest can be asked without its shim. */
export interface Outside {
  /** What of a guest's time the host has given to others. */
  readonly kept?: KeptTime;
  /** Returns a complaint of its kernel with its stack decoded. */
  readonly decode?: (finding: Finding) => Promise<Finding>;
  /** Asks a guest that no longer answers why, from outside. */
  readonly interrogate?: (signal: AbortSignal) => Promise<Interrogation>;
  /** Writes the guest's memory to a file, compressed, while its machine runs. */
  readonly dump?: (path: string) => Promise<void>;
}

/** A machine whose shim answers and whose console scan is alive: cases may run in it. */
export interface LiveGuest extends RunningMachine, Outside {
  readonly base: string;
  readonly shim: ShimClient;
  readonly watch: ConsoleWatch;
  readonly programs: Programs;
  /** Resolves once it is of no more use. Never rejects. */
  readonly lost: Promise<ErrorReport>;
  /** Whether there is a sign of that already, though not yet a reason. */
  readonly ailing: () => boolean;
  /** The case whose console lines come now, for the findings' events. */
  running: string | undefined;
}

export interface GuestRequest extends Vigil {
  readonly base: string;
  /** Unique in the run: `v2.6.30-1`. */
  readonly name: string;
}

/** Where guests come from. */
export interface Machinery {
  /** Returns a guest, and says so as soon as its machine runs. Throws a typed error. */
  openGuest(request: GuestRequest): Promise<LiveGuest>;
}
