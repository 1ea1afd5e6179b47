import { z } from 'zod';
import { createMachinery } from '../guest/guests.ts';
import type { BenchRow } from '../core/project.ts';
import type { Bench, Row } from './row.ts';
import { repeat } from './sample.ts';

const answer = z.record(z.string(), z.unknown());

/** Returns the rows that a project adds, each measured in one guest of its own. */
export function projectRows(rows: readonly BenchRow[]): readonly Row[] {
  return rows.map((row) => ({ ...row, measure: (bench) => measure(row, bench) }));
}

async function measure({ memory, measure }: BenchRow, bench: Bench): Promise<number[]> {
  const { context, times, prepared, image } = bench;
  const { base } = image;
  const guest = { ...base.guest, memory: memory ?? base.guest.memory };
  const images = [{ ...image, base: { ...base, guest } }];
  const machinery = createMachinery({ ...prepared, images, folder: context.scratch }, context);
  const { signal } = context;
  const emit = () => undefined;
  const request = { base: base.name, name: 'bench-project', signal, emit, patience: 10_000 };
  const opened = await machinery.openGuest(request);
  try {
    return await repeat(times, () =>
      measure(async (words, options) => answer.parse(await opened.shim.call(words, options))),
    );
  } finally {
    opened.shim.close();
    await opened.kill();
  }
}
