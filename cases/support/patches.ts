/** The patches that cases need, by their subjects: a prefix of the series without one skips. */
export const patches = {
  /** The first patch at which a task that is no container init can be saved by another. */
  subtree: 'c/r: CHECKPOINT_SUBTREE',
  /** The first at which an image names a file: the target's program. */
  memory: 'c/r: private memory',
} as const;
