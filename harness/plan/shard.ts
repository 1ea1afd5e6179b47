import { labError } from '../core/errors.ts';

/** One part of a run that several machines share. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** Where a scheduler tells a job which one of how many it is. */
interface Scheduler {
  readonly name: string;
  readonly index: string;
  /** The first of several variables that is set. */
  readonly of: readonly string[];
  /** The number of the first job; a variable's name where it is configurable. */
  readonly first: number | string;
}

const schedulers: readonly Scheduler[] = [
  // The lab's own, for schedulers it doesn't know and for GitHub's matrices, which set nothing.
  { name: 'LAB_SHARD', index: 'LAB_SHARD_INDEX', of: ['LAB_SHARD_TOTAL'], first: 1 },
  // https://docs.gitlab.com/ci/variables/predefined_variables/
  { name: 'GitLab', index: 'CI_NODE_INDEX', of: ['CI_NODE_TOTAL'], first: 1 },
  // https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/: the total is
  // not told; the manifest has to.
  { name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX', of: ['JOB_COMPLETIONS'], first: 0 },
  // https://slurm.schedmd.com/job_array.html
  {
    name: 'Slurm array',
    index: 'SLURM_ARRAY_TASK_ID',
    of: ['SLURM_ARRAY_TASK_COUNT'],
    first: 'SLURM_ARRAY_TASK_MIN',
  },
  // https://docs.buildkite.com/pipelines/environment-variables
  {
    name: 'Buildkite',
    index: 'BUILDKITE_PARALLEL_JOB',
    of: ['BUILDKITE_PARALLEL_JOB_COUNT'],
    first: 0,
  },
  // https://circleci.com/docs/variables/
  { name: 'CircleCI', index: 'CIRCLE_NODE_INDEX', of: ['CIRCLE_NODE_TOTAL'], first: 0 },
];

const doing = 'choosing this shard';

/** Returns the shard that `I/N` means. Throws a `usage` error for anything else. */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  return checkShard(Number(index), Number(of), text);
}

/**
 * Returns the shard that the scheduler running this process has chosen for it. Throws a
 * `usage` error where none is found, or only half of what it takes: a job that runs the
 * wrong part, or all of it, would look like a success.
 */
export function findShard(env: NodeJS.ProcessEnv): Shard {
  const scheduler = schedulers.find(({ index }) => isSet(env[index]));
  if (scheduler === undefined)
    throw labError({
      code: 'shard-unknown',
      fault: 'usage',
      doing,
      what: `none of ${schedulers.map(({ index }) => index).join(', ')} is set`,
      next: 'Give it as --shard I/N, or set LAB_SHARD_INDEX (from 1) and LAB_SHARD_TOTAL.',
    });
  const total = scheduler.of.find((name) => isSet(env[name]));
  if (total === undefined)
    throw labError({
      code: 'shard-total-unknown',
      fault: 'usage',
      doing,
      what: `${scheduler.index} is set, ${scheduler.of.join(' and ')} is not`,
      next: `Set ${scheduler.of[0] ?? ''} to the number of jobs, or give --shard I/N.`,
    });
  const first =
    typeof scheduler.first === 'number' ? scheduler.first : Number(env[scheduler.first] ?? '0');
  const index = Number(env[scheduler.index]) - first + 1;
  return checkShard(
    index,
    Number(env[total]),
    `${scheduler.name}: ${scheduler.index}=${env[scheduler.index] ?? ''}, ${total}=${env[total] ?? ''}`,
  );
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function checkShard(index: number, of: number, said: string): Shard {
  if (Number.isSafeInteger(index) && Number.isSafeInteger(of) && index >= 1 && index <= of)
    return { index, of };
  throw labError({
    code: 'shard-invalid',
    fault: 'usage',
    doing,
    what: `"${said}" does not name one of a number of shards`,
    next: 'Write it as I/N with I from 1 to N: --shard 2/4.',
  });
}
