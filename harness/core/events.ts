import type { Against } from './against.ts';
import type { Coverage } from './coverage.ts';
import type { MutationReport } from './mutants.ts';
import type { PlainError } from './errors.ts';
import type { Finding } from './finding.ts';

/** The pipeline's stages, in the order they run. */
export const stages = [
  'source',
  'tree',
  'config',
  'build',
  'rootfs',
  'accelerator',
  'guest',
] as const;
export type Stage = (typeof stages)[number];

/** `not-run` is what --bail leaves out: nobody knows how it would have ended. */
export type Verdict = 'pass' | 'fail' | 'skip' | 'error' | 'not-run';

/** An error as the reports carry it: facts only, no stack. */
export type ErrorReport = PlainError;

/** What one case left behind. */
export interface CaseResult {
  /** `file > suite > test`, unique in a run per base. */
  readonly id: string;
  readonly base: string;
  readonly file: string;
  readonly suite: string;
  readonly test: string;
  /** What it is the project's headline of. */
  readonly headline?: string;
  readonly verdict: Verdict;
  /** Wall time in milliseconds, guest time included. */
  readonly milliseconds: number;
  /** Why it was skipped, failed or could not be judged, in one line. */
  readonly reason?: string;
  /** The failed assertion, if one failed. */
  readonly assertion?: AssertionReport;
  readonly error?: ErrorReport;
  /** What the kernel said while this case ran that the console watcher knows. */
  readonly findings: readonly Finding[];
  /** The console lines between this case's markers. */
  readonly console: readonly string[];
  /** The shim's answers, newest last, for a case that did not pass. */
  readonly shim: readonly string[];
  /** What it wrote or read last of the kind its project knows, of a case that did not pass. */
  readonly artefact?: CaseArtefact;
  /** Those of the guests it had beside its own. */
  readonly otherArtefacts?: readonly CaseArtefact[];
  /** What to type to run this case alone. */
  readonly rerun: string;
  /** What to type to look closer: gdb where it begins, a shell in its guest. */
  readonly look?: readonly string[];
  /** Subjects of the patches that it needs, and so speaks for. */
  readonly patches?: readonly string[];
  /** The guest it ran in. */
  readonly guest?: string;
  /** Which run of the case this is, from 1, when it is run more than once. */
  readonly attempt?: { readonly number: number; readonly of: number };
  /** Why this failure was expected: it turns nothing red. */
  readonly known?: string;
  /** The earlier run that it passed in, if it was not run in this one. */
  readonly provenIn?: string;
}

/** A file of a guest that a case was about. */
export interface CaseArtefact {
  /** What the project calls it: `image`. */
  readonly name: string;
  /** Where it stood in the guest; of one beside the case's own with that guest's name. */
  readonly path: string;
  /** What the project makes of it. */
  readonly lines: readonly string[];
  /** Its bytes, in the run's folder. */
  readonly file?: string;
}

export interface AssertionReport {
  readonly message: string;
  readonly operator?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** A line diff, uncoloured. */
  readonly diff?: string;
  /** `cases/esrch.ts:12:3`. */
  readonly at?: string;
}

/** A planned case, known before any guest runs. */
export interface PlannedCase {
  readonly id: string;
  readonly base: string;
  readonly file: string;
  readonly suite: string;
  readonly test: string;
  /** What it is the project's headline of. */
  readonly headline?: string;
  /** Its last duration in milliseconds, if it has run before. */
  readonly expected?: number;
}

/** A stage that has something to do, and about how long that takes here. */
export interface EstimatedStep {
  readonly stage: Stage;
  readonly base?: string;
  readonly what: string;
  /** Undefined where nothing tells. */
  readonly milliseconds?: number;
}

export interface BaseReport {
  readonly base: string;
  /** The source's own version: `2.6.30` or Debian's package version. */
  readonly version: string;
  /** Git tree id or package version: what the source is identified by. */
  readonly sourceId: string;
  readonly origin: string;
  readonly series: readonly {
    readonly number: number;
    readonly subject: string;
    readonly file: string;
    /** Compiler warnings in lines of the series, in the files it touches. */
    readonly warnings?: number;
  }[];
  /** The compiler and the linker, in their own words; not in results from before they were kept. */
  readonly compiler?: string;
  readonly imageKey: string;
  readonly rootfsKey: string;
  readonly kernelWarnings: number;
}

export interface Totals {
  readonly planned: number;
  readonly pass: number;
  /** Failures that were not expected. */
  readonly fail: number;
  /** Failures that were. */
  readonly known: number;
  readonly skip: number;
  readonly error: number;
  /** What --bail left out. */
  readonly 'not-run': number;
}

/**
 * Everything a run says, in order. Screens and reports are pure consumers of this
 * stream and look nowhere else. `at` is milliseconds since the run's start.
 */
export type LabEvent = { readonly at: number } & LabEventBody;

export type LabEventBody =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly time: string;
      readonly folder: string;
      readonly command: string;
      readonly bases: readonly string[];
      /** Which part of the cases this run has, from 1. */
      readonly shard?: { readonly index: number; readonly of: number };
      /** The options that change what a verdict means: `--upto 11`; none of a plain run. */
      readonly kind?: string;
    }
  /** Facts about where the run happens, by name; later ones add to earlier ones. */
  | { readonly type: 'environment'; readonly facts: Readonly<Record<string, string>> }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string }
  | {
      readonly type: 'stage-started';
      readonly stage: Stage;
      readonly base?: string;
      readonly what: string;
      /** How long it took last time, in milliseconds. */
      readonly expected?: number;
    }
  | {
      readonly type: 'stage-progress';
      readonly stage: Stage;
      readonly base?: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: string;
      readonly what?: string;
    }
  | {
      readonly type: 'stage-ended';
      readonly stage: Stage;
      readonly base?: string;
      readonly cached: boolean;
      readonly milliseconds: number;
      readonly what: string;
    }
  | {
      readonly type: 'stage-failed';
      readonly stage: Stage;
      readonly base?: string;
      readonly milliseconds: number;
      readonly error: ErrorReport;
      /** What it left that tells more, by name. */
      readonly files?: Readonly<Record<string, string>>;
    }
  /** What is to be done, and about how long that takes here: said where it takes long. */
  | {
      readonly type: 'estimated';
      readonly steps: readonly EstimatedStep[];
      readonly cases: { readonly count: number; readonly milliseconds: number };
    }
  | { readonly type: 'base-ready'; readonly report: BaseReport; readonly files: BaseFiles }
  | {
      readonly type: 'calibrated';
      readonly accelerator: string;
      readonly reason: string;
      readonly factor: number;
    }
  | {
      readonly type: 'cases-planned';
      readonly cases: readonly PlannedCase[];
      /** About how long those will take that are run, in milliseconds. */
      readonly milliseconds?: number;
    }
  | {
      readonly type: 'guest-started';
      readonly guest: string;
      readonly base: string;
      readonly how: 'booted' | 'restored';
      readonly commandLine: readonly string[];
      /** What to type to boot the same machine by hand, its console on the terminal. */
      readonly manual?: string;
      readonly consoleLog: string;
      /** How long the last one took to be ready, in milliseconds. */
      readonly expected?: number;
    }
  | {
      readonly type: 'guest-ready';
      readonly guest: string;
      readonly base: string;
      readonly milliseconds: number;
    }
  | {
      readonly type: 'guest-ended';
      readonly guest: string;
      readonly base: string;
      readonly status: number | null;
      readonly signal: string | null;
      readonly expected: boolean;
      readonly consoleLines: number;
      readonly scanned: number;
      /** Milliseconds of processor time that its QEMU has used. */
      readonly processor?: number;
    }
  | {
      readonly type: 'console-finding';
      readonly guest: string;
      readonly base: string;
      readonly case?: string;
      readonly finding: Finding;
    }
  | {
      readonly type: 'case-started';
      readonly id: string;
      readonly base: string;
      readonly guest: string;
    }
  | { readonly type: 'case-ended'; readonly result: CaseResult }
  /** Comes once for each base, when its cases have run with the series and without it. */
  | { readonly type: 'against'; readonly against: Against }
  /** Comes once for each base, when its cases have run. */
  | { readonly type: 'coverage'; readonly coverage: Coverage }
  | { readonly type: 'mutants'; readonly report: MutationReport }
  | {
      readonly type: 'run-ended';
      readonly totals: Totals;
      readonly exitCode: 0 | 1 | 2 | 3;
      readonly milliseconds: number;
      readonly processorTime?: ProcessorTime;
      readonly error?: ErrorReport;
    };

/** What a run has used of the machine, in milliseconds of processor time. */
export interface ProcessorTime {
  /** How many processors it might have used. */
  readonly processors: number;
  /** The lab's own process. */
  readonly lab: number;
  /** Everything that it has started, guests included. */
  readonly children: number;
}

/** Files a run copies into its results, absolute paths. */
export interface BaseFiles {
  readonly config: string;
  readonly image: string;
  readonly systemMap: string;
  readonly vmlinux: string;
  readonly buildLog: string;
}

/** Tells every consumer; never throws, never blocks. */
export type Emit = (event: LabEventBody) => void;

export type Listener = (event: LabEvent) => void;

/** Returns an emitter that stamps events and hands them to the listeners in order. */
export function createStream(listeners: readonly Listener[], now = () => performance.now()): Emit {
  const start = now();
  return (body) => {
    const event: LabEvent = { at: Math.round(now() - start), ...body };
    for (const listener of listeners) listener(event);
  };
}
