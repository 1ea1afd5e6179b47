import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../kernel/base.ts';
import { valuesIn } from '../../kernel/build/fragments.ts';
import { isCounted } from '../../kernel/series/series.ts';
import type { Context } from '../core/context.ts';
import type { Coverage } from '../core/coverage.ts';
import { labError } from '../core/errors.ts';
import { mapCode, renderRanges } from './code-map.ts';
import { summarize } from './coverage.ts';
import { readElf } from '../../kernel/build/elf.ts';
import { readCompiledFiles } from './line-table.ts';
import type { CoveredBase, Recorded } from './recorder.ts';
import type { LabHome } from '../core/home.ts';
import { keepTouched } from './touched.ts';
import { readSources } from './source-files.ts';

/** A base whose code has been found, ready to be run. */
export interface PreparedCoverage extends CoveredBase {
  /** Returns what the cases that were recorded have covered. */
  summarize(recorded: Recorded): Promise<Coverage>;
  /** Keeps which functions each case file has run. */
  keepTouched(recorded: Recorded, home: LabHome): Promise<void>;
}

/**
 * Finds the code of an image's files and writes down for the plugin where it is. Throws
 * `coverage-no-files`, `coverage-no-code`, `vmlinux-unreadable`.
 */
export async function prepareCoverage(
  image: Image,
  plugin: string,
  patterns: readonly string[],
  context: Context,
): Promise<PreparedCoverage> {
  const { base, series } = image;
  const { files, read } = await readSources(image, patterns, context);
  const elf = await readElf(image.vmlinux);
  const wanted = new Map(files.map(({ path, lines }) => [path, lines]));
  const map = mapCode(
    elf,
    (file, line) => wanted.get(file)?.[line - 1]?.wanted === true,
    new Set(wanted.keys()),
  );
  if (map.ranges.length === 0) throw noCode(base.name);
  const ranges = join(context.scratch, `${base.name}.ranges`);
  await writeFile(ranges, renderRanges(map.ranges));
  const compiled = withTails(readCompiledFiles(elf));
  const settings = valuesIn(await readFile(image.config, 'utf8'));
  const patches = series.patches.filter(isCounted);
  return {
    plugin: { plugin, ranges },
    size: map.size,
    keepTouched: (recorded, home) => keepTouched(base.name, map, recorded, home),
    summarize: (recorded) =>
      summarize({
        ...{ base: base.name, patches, files, map, recorded, settings, compiled, read },
      }),
  };
}

/** Returns paths with all their tails: one may be recorded with another checkout before its own. */
export function withTails(files: Iterable<string>): Set<string> {
  const tails = [...files].flatMap((file) => {
    const parts = file.split('/');
    return parts.map((_, index) => parts.slice(index).join('/'));
  });
  return new Set(tails);
}

function noCode(base: string): Error {
  return labError({
    code: 'coverage-no-code',
    fault: 'usage',
    doing: `looking for the code of ${base} to cover`,
    what: 'the kernel has none of the lines that were asked about',
    next: 'Name files with --files that its configuration compiles.',
  });
}
