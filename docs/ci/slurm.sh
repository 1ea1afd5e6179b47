#!/bin/bash
# sbatch --array=1-4 docs/ci/slurm.sh [ARGUMENTS OF LAB RUN…]
# Each task of the array runs its share of the cases: --shard reads SLURM_ARRAY_TASK_ID and
# SLURM_ARRAY_TASK_COUNT. Then, whatever became of them:
# sbatch --dependency=afterany:JOB docs/ci/slurm-merge.sh JOB
#SBATCH --job-name=cr-lab
#SBATCH --time=01:00:00
#SBATCH --output=cr-lab-%A-%a.log
set -u
cd "${SLURM_SUBMIT_DIR:?to be run by sbatch, from a clone of cr-lab}" || exit 3
# Results by array, so that the merge takes no other run's; one folder per task, since all
# may begin in the same second.
exec node harness/bootstrap.mjs lab run "$@" --shard \
    --results "results/slurm-$SLURM_ARRAY_JOB_ID/$SLURM_ARRAY_TASK_ID"
