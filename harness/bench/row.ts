import type { Image } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import type { BenchRow } from '../core/project.ts';
import type { Prepared } from '../session/prepare.ts';
import type { WhereTimeWent } from '../results/where-time-went.ts';
import type { Sample } from './sample.ts';

/** What is measured, and what it should come to. */
export interface Row extends Pick<BenchRow, 'key' | 'name' | 'unit' | 'goal'> {
  /** Returns one value per time, in the row's unit. */
  readonly measure: (bench: Bench) => Promise<readonly number[]>;
}

/** What rows measure with. */
export interface Bench {
  /** All that guests of the one base are made of. */
  readonly prepared: Prepared;
  /** That base's. */
  readonly image: Image;
  readonly context: Context;
  /** How often each thing is measured. */
  readonly times: number;
  /** The repository's root. */
  readonly root: string;
  /** Takes where the time of the last run of a row went. */
  readonly spent: (time: WhereTimeWent) => void;
}

export interface Measured {
  readonly row: Row;
  readonly sample: Sample;
  readonly spent?: WhereTimeWent | undefined;
}
