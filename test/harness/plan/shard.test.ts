import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findShard, parseShard } from '../../../harness/plan/shard.ts';

/** Returns an assert.throws predicate for a LabError of a code. */
const code = (wanted: string) => (error: unknown) => isLabError(error) && error.code === wanted;

describe('a shard as typed', () => {
  it('is I of N', () => {
    assert.deepEqual(parseShard('2/4'), { index: 2, of: 4 });
    assert.deepEqual(parseShard('1/1'), { index: 1, of: 1 });
  });
  for (const text of ['0/4', '5/4', '1/0', '1', '1/', '/4', '1/4/4', '-1/4', '1.5/4', 'a/b', ''])
    it(`is not "${text}"`, () => assert.throws(() => parseShard(text), code('shard-invalid')));
});

describe('a shard as the scheduler says', () => {
  const found = [
    ['GitLab', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '3' }, 2, 3],
    ['Kubernetes, which counts from 0', { JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '4' }, 1, 4],
    [
      'a Slurm array from 0',
      { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '4' },
      4,
      4,
    ],
    [
      'a Slurm array from 1',
      { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '4' },
      1,
      4,
    ],
    ['Buildkite', { BUILDKITE_PARALLEL_JOB: '0', BUILDKITE_PARALLEL_JOB_COUNT: '2' }, 1, 2],
    ['CircleCI', { CIRCLE_NODE_INDEX: '1', CIRCLE_NODE_TOTAL: '2' }, 2, 2],
    [
      'the lab’s own variables, before any scheduler’s',
      { LAB_SHARD_INDEX: '1', LAB_SHARD_TOTAL: '2', CI_NODE_INDEX: '3', CI_NODE_TOTAL: '3' },
      1,
      2,
    ],
  ] as const;
  for (const [name, env, index, of] of found)
    it(`is found for ${name}`, () => assert.deepEqual(findShard(env), { index, of }));

  const refused = [
    ['nothing is set', {}, 'shard-unknown'],
    ['everything is empty', { CI_NODE_INDEX: '', CI_NODE_TOTAL: '' }, 'shard-unknown'],
    ['only the index is set', { JOB_COMPLETION_INDEX: '0' }, 'shard-total-unknown'],
    ['the index is beyond the total', { CI_NODE_INDEX: '4', CI_NODE_TOTAL: '3' }, 'shard-invalid'],
    // An array with a step: 0,2,4,6 are four tasks, and 6 is none of four.
    [
      'a Slurm array has gaps',
      { SLURM_ARRAY_TASK_ID: '6', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '4' },
      'shard-invalid',
    ],
    ['it is no number', { CI_NODE_INDEX: 'one', CI_NODE_TOTAL: '3' }, 'shard-invalid'],
  ] as const;
  for (const [name, env, wanted] of refused)
    it(`is refused where ${name}`, () => assert.throws(() => findShard(env), code(wanted)));
});
