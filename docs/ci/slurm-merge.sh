#!/bin/bash
# sbatch --dependency=afterany:JOB docs/ci/slurm-merge.sh JOB
# Joins the results of the array JOB, and fails if a task's are missing.
#SBATCH --job-name=cr-lab-merge
#SBATCH --time=00:10:00
#SBATCH --output=cr-lab-merge-%j.log
set -u
cd "${SLURM_SUBMIT_DIR:?to be run by sbatch, from a clone of cr-lab}" || exit 3
exec node harness/bootstrap.mjs lab merge "results/slurm-$1"/*/latest
