import { join } from 'node:path';
import { labError } from '../../harness/core/errors.ts';
import type { Configured } from './config.ts';

/** Returns the error for a make that failed: the disk's, the memory's, or the source's fault. */
export function explainBuild(
  configured: Configured,
  status: number | null,
  errors: readonly string[],
): Error {
  const { tree, folder } = configured;
  const doing = `building ${tree.source.base.name}`;
  const text = errors.join('\n');
  const files = { 'build.log': folder.log, config: join(folder.path, '.config') };
  if (/No space left on device|Disk quota exceeded/.test(text))
    return labError({
      code: 'disk-full',
      fault: 'infrastructure',
      doing,
      what: 'no space left on the disk',
      next: `Make room on the disk of ${folder.path}, then run again.`,
      details: errors,
    });
  if (/Killed|signal 9|out of memory/i.test(text))
    return labError({
      code: 'build-killed',
      fault: 'infrastructure',
      doing,
      what: 'the compiler was killed, as the kernel does when memory runs out',
      next: 'Run again with more memory or fewer other programs.',
      details: errors,
      files,
    });
  if (text.includes('is not clean, please run'))
    return labError({
      code: 'tree-not-clean',
      fault: 'build',
      doing,
      what: `somebody has run make in ${tree.path}; the lab builds outside of it`,
      next: `Take back what that has made: make -C ${tree.path} mrproper`,
      files,
    });
  const touched = new Set(tree.series.patches.flatMap((patch) => patch.files));
  const ours = errors.map((line) => /^([^\s:]+):\d+:/.exec(line)?.[1]);
  const file = ours.find((name) => name !== undefined && touched.has(name));
  const patch = tree.series.patches.findLast((candidate) => candidate.files.includes(file ?? ''));
  return labError({
    code: 'build-failed',
    fault: 'build',
    doing,
    what:
      patch === undefined || file === undefined
        ? `make ended with ${status ?? 'a signal'}`
        : `${file} does not compile; the last patch to touch it is ${patch.file}`,
    next: `The whole log is ${folder.log}; a run keeps it in its results as well.`,
    details: errors,
    files,
  });
}
