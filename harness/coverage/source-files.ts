import type { Image, Patch } from '../../kernel/base.ts';
import { git, gitText } from '../../kernel/git.ts';
import { isCounted } from '../../kernel/series/series.ts';
import { commitsOf, createBlame } from '../../kernel/tree/blame.ts';
import type { Context } from '../core/context.ts';
import { labError } from '../core/errors.ts';
import { matchesGlob } from './glob.ts';

/** A file of the patched tree, and which of its lines are asked about. */
export interface SourceFile {
  readonly path: string;
  readonly lines: readonly SourceLine[];
}

export interface SourceLine {
  readonly text: string;
  /** The patch of the series that wrote it. */
  readonly patch?: Patch;
  /** Whether it is asked about. */
  readonly wanted: boolean;
}

/** A tree as it was when an image was built of it. */
export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** Returns a file's text; undefined if there is none. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/**
 * Returns the sources that coverage is asked of: the files that match one of the patterns, or,
 * without any, those that the series touches, of which the lines that it wrote are asked about.
 * Throws `coverage-no-files` if there are none.
 */
export async function readSources(
  { source, series }: Pick<Image, 'source' | 'series'>,
  patterns: readonly string[],
  context: Context,
): Promise<SourceTree> {
  const commit = [...(await commitsOf(source, series, context)).keys()].at(-1) ?? source.commit;
  const { repository } = source;
  const read = async (path: string) => {
    const { status, stdout } = await git(repository, ['show', `${commit}:${path}`]);
    return status === 0 ? stdout : undefined;
  };
  const list = await gitText(repository, ['ls-tree', '-r', '--name-only', commit]);
  const touched = new Set(series.patches.flatMap(({ files }) => files));
  const written = new Set(series.patches.filter(isCounted).flatMap(({ files }) => files));
  const paths = list
    .split('\n')
    .filter((path) => /\.[chS]$/.test(path))
    .filter((path) =>
      patterns.length === 0
        ? written.has(path)
        : patterns.some((pattern) => matchesGlob(path, pattern)),
    );
  if (paths.length === 0) throw noFiles(source.base.name, patterns);
  const blame = createBlame(source, series, context);
  const files = await Promise.all(
    paths.map(async (path): Promise<SourceFile> => {
      const lines = ((await read(path)) ?? '').replace(/\n$/, '').split('\n');
      const asked = lines.map((_, index) => ({ file: path, line: index + 1 }));
      const patches = touched.has(path) ? await blame(asked) : [];
      return {
        path,
        lines: lines.map((text, index) => {
          const patch = patches[index];
          const wanted = patterns.length > 0 || (patch !== undefined && isCounted(patch));
          return { text, wanted, ...(patch === undefined ? {} : { patch }) };
        }),
      };
    }),
  );
  return { files: files.filter(({ lines }) => lines.some(({ wanted }) => wanted)), read };
}

function noFiles(base: string, patterns: readonly string[]): Error {
  const chosen = patterns.length > 0;
  return labError({
    code: 'coverage-no-files',
    fault: 'usage',
    doing: `choosing the files of ${base} to cover`,
    what: chosen ? `no C file matches ${patterns.join(', ')}` : 'the series touches no C file',
    next: "Name files of the kernel's tree with --files: 'kernel/*.c', 'fs/**'.",
  });
}
