import type { Command } from 'commander';
import type { Cli } from './cli-context.ts';

/** Where something stands in a guest. */
export interface ArtefactPlace {
  readonly path: string;
  /** Bytes before it. */
  readonly start: number;
}

/** How a project finds and shows the file that a case was about: an image, a trace. */
export interface ArtefactRules {
  /** What one is called: `image`. */
  readonly name: string;
  /** Returns where a command of the guest's shim writes or reads one, if it does. */
  readonly placeOf: (argv: readonly string[]) => ArtefactPlace | undefined;
  /** Returns it as lines for a report. Must not throw, whatever the bytes are. */
  readonly describe: (bytes: Uint8Array) => readonly string[];
  /** What shows the lines that a report leaves out: `\`lab image\` shows them`. */
  readonly more: string;
}

/** What a project is about, before all else. */
export interface Headline {
  /** Of the thing, not of the cases: `checkpoint of another task`. */
  readonly name: string;
  /** Whose ids match: they run first, and are summed up by themselves. */
  readonly cases: RegExp;
}

/** What is proven, in a project's own terms. Everything but its cases and patches. */
export interface Project {
  readonly name: string;
  /** Console lines that the kernel prints on purpose: told of, and no failure. */
  readonly notices: readonly RegExp[];
  readonly artefacts?: ArtefactRules;
  readonly headline?: Headline;
  /** Adds the project's own commands to the lab's. */
  readonly addCommands?: (program: Command, cli: Cli) => void;
}
