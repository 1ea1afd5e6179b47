import { z } from 'zod';
import type { Context } from '../harness/core/context.ts';
import { labError } from '../harness/core/errors.ts';
import { modestCpu } from './accelerator.ts';
import type { Accelerator } from './contracts.ts';
import { lastWords } from './ending.ts';
import { recallFact } from '../harness/core/facts.ts';
import { loopCount } from './firmware.ts';
import { findQemu } from './program.ts';
import { tryAccelerator } from './trial.ts';

export interface Calibration {
  /** What deadlines are multiplied by; 1 or more. */
  readonly factor: number;
  /** What one turn of the probe's loop took, in nanoseconds. */
  readonly nanoseconds: number;
}

/**
 * Nanoseconds for one turn of the probe's loop at which the lab's deadlines hold as they
 * are. An idle 2-core TCG host of 2023 needs 3.2 and a busy one some 6, so that both have
 * room; KVM needs less than 1.
 */
const referenceNanoseconds = 5;

/** A host that needs more is not one to wait for; deadlines must stay finite. */
const largestFactor = 20;

/** One disturbed measurement must not decide alone: the middle one of three does. */
const repeats = 3;

/** How busy a host is changes; a measurement takes a second or two. */
const goodFor = 3_600_000;

/** Twenty times what the reference takes, and QEMU's start. */
const patience = 10_000;

const schema = z.object({ factor: z.number().min(1), nanoseconds: z.number().positive() });

/**
 * Returns how much slower than the reference guests run under an accelerator, measured
 * once an hour with the probe firmware's loop. Throws `accelerator-broken`
 * if not even that runs.
 */
export async function calibrate(
  accelerator: Accelerator['name'],
  context: Pick<Context, 'home' | 'signal' | 'scratch'>,
  fresh = false,
): Promise<Calibration> {
  const program = await findQemu();
  return recallFact(context.home, {
    name: `calibration-${accelerator}`,
    inputs: { qemu: program.version, command: program.command, cpu: modestCpu },
    schema,
    goodFor,
    fresh,
    measure: async () => {
      const turns: number[] = [];
      for (let turn = 0; turn < repeats; turn++)
        turns.push(await measureTurn(program.command, accelerator, context));
      const nanoseconds = turns.sort((a, b) => a - b)[Math.floor(repeats / 2)] ?? 0;
      return { factor: factorOf(nanoseconds), nanoseconds };
    },
  });
}

/** Returns the factor that belongs to a loop turn's duration. */
export function factorOf(nanoseconds: number): number {
  const factor = Math.round((nanoseconds / referenceNanoseconds) * 10) / 10;
  return Math.min(largestFactor, Math.max(1, factor));
}

async function measureTurn(
  command: string,
  accelerator: Accelerator['name'],
  context: Pick<Context, 'signal' | 'scratch'>,
): Promise<number> {
  const { scratch, signal } = context;
  const trial = await tryAccelerator({
    command,
    accelerator,
    cpu: modestCpu,
    patience,
    scratch,
    signal,
  });
  if (trial.outcome === 'ran') return (trial.loopMilliseconds * 1e6) / loopCount;
  throw labError({
    code: 'accelerator-broken',
    fault: 'infrastructure',
    doing: `measuring ${accelerator.toUpperCase()}`,
    what: lastWords(trial.stderr) ?? `a trial guest did not end within ${patience / 1000} s`,
    next: 'Run `lab doctor`; try the other accelerator with --accel.',
    details: trial.stderr.split('\n').filter((line) => line !== ''),
  });
}
