import { isLabError } from '../core/errors.ts';
import { run } from '../core/run.ts';

/** Digits of a commit that a history of this size needs: git's own choice for Linux. */
const digits = 12;

/**
 * Returns which commit of the repository a run is of, as a fact about it: series, cases and lab
 * are all there. Nothing where it is no git repository, or git is missing.
 */
export async function describeCommit(root: string): Promise<Readonly<Record<string, string>>> {
  try {
    const head = await run('git', ['-C', root, 'rev-parse', `--short=${digits}`, 'HEAD']);
    if (head.status !== 0) return {};
    const changed = await run('git', ['-C', root, 'status', '--porcelain']);
    const note = changed.stdout === '' ? '' : ' with changes that are not committed';
    return { commit: `${head.stdout.trim()}${note}` };
  } catch (error) {
    if (isLabError(error)) return {};
    throw error;
  }
}
