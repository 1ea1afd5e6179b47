import type { Context } from '../core/context.ts';
import type { Finding } from '../core/finding.ts';
import type { Console, CoverageFeed, MachineEnd } from '../../qemu/contracts.ts';
import type { ShimClient } from './shim-client.ts';

/** How a guest is looked after: whom to tell, when to stop, how long to wait. */
export interface Vigil extends Pick<Context, 'emit' | 'signal'> {
  /** Milliseconds for what should come at once: a marker, a line, a state. */
  readonly patience: number;
}

/** What is known of a guest as soon as its machine runs. */
export interface GuestFacts {
  readonly how: 'booted' | 'restored';
  readonly commandLine: readonly string[];
  /** What to type to boot the same machine by hand. */
  readonly manual?: string;
  /** Absolute path of the file its console is kept in. */
  readonly consoleLog: string;
  /** How long the last one took to be ready, in milliseconds. */
  readonly expected?: number;
}

/** What a guest that no longer answers has told when it was asked from outside. */
export interface Interrogation {
  /** Stacks, registers: for a person to read. */
  readonly lines: readonly string[];
  /** How it is known that its kernel hangs; undefined if it is not. */
  readonly stuck?: string | undefined;
}

/** A guest that is up, in the terms the runner needs. */
export interface GuestHandle {
  readonly name: string;
  readonly base: string;
  /** The machine's process on this host. */
  readonly pid: number;
  /** Where its SSH server is reached, on the loopback. */
  readonly sshPort?: number;
  readonly shim: ShimClient;
  readonly console: Console;
  /** Of one whose instructions are counted. */
  readonly coverage?: CoverageFeed;
  /** Never rejects. */
  readonly ended: Promise<MachineEnd>;
  /** Returns a complaint of its kernel with its stack decoded. */
  readonly decode?: (finding: Finding) => Promise<Finding>;
  /** Asks a guest that no longer answers why, from outside. */
  readonly interrogate?: (signal: AbortSignal) => Promise<Interrogation>;
  /** Writes the guest's memory to a file, compressed, while its machine runs. */
  readonly dump?: (path: string) => Promise<void>;
  /** Ends the machine now, whatever state it is in. */
  kill(): Promise<MachineEnd>;
}

export interface GuestRequest {
  readonly base: string;
  /** Unique in the run: `v2.6.30-1`. */
  readonly name: string;
  /** To be called as soon as the machine runs. */
  readonly started: (facts: GuestFacts) => void;
  readonly signal: AbortSignal;
}

/** Where the runner gets guests from. */
export interface Machinery {
  /** Returns a guest whose shim has greeted. Throws a typed error if it does not come up. */
  openGuest(request: GuestRequest): Promise<GuestHandle>;
}
