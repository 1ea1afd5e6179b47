/** The patches that cases need, by their subjects: a prefix of the series without one skips. */
export const patches = {
  syscalls: 'c/r: create the checkpoint and restart system calls',
  selfCheckpoint: 'c/r: self checkpoint',
  selfRestart: 'c/r: self restart',
  external: 'c/r: external checkpoint of a task',
  subtree: 'c/r: CHECKPOINT_SUBTREE',
} as const;
