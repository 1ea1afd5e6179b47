import type { Emit } from './events.ts';
import type { LabHome } from './home.ts';

/** What every stage is handed beside its own input: where to cache, whom to tell, when to stop. */
export interface Context {
  readonly home: LabHome;
  readonly emit: Emit;
  /** Aborted at the first Ctrl-C; a stage then stops its children and throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Absolute path of this run's temporary folder; gone when the run ends. Short: sockets live there. */
  readonly scratch: string;
}
