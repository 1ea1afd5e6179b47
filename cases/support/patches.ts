/** The patches that cases need, by their subjects: a prefix of the series without one skips. */
export const patches = {
  /** The first patch at which a task that is no container init can be saved by another. */
  subtree: 'c/r: add CHECKPOINT_SUBTREE',
  objectsOfTasks: 'c/r: save and restore shared objects',
  /** The first at which an image names a file: the target's program. */
  memory: 'c/r: save and restore private memory',
  auxv: 'c/r: save and restore private memory',
  mmFlags: 'c/r: save and restore private memory',
  advice: 'c/r: save and restore private memory',
  aio: 'c/r: save and restore private memory',
  pipes: 'c/r: save and restore pipes and FIFOs',
  readable: 'c/r: save and restore pipes and FIFOs',
  tracers: 'c/r: checkpoint a tree of processes',
  /** The first at which more than one task comes back, and one can wait for another to lead. */
  tree: 'c/r: restart a tree of processes',
  exitSignal: 'c/r: restart a tree of processes',
  keptExitSignal: 'c/r: restart a tree of processes',
  killable: 'c/r: restart a tree of processes',
  signals: 'c/r: save and restore signals, timers and limits',
  terminal: 'c/r: save and restore signals, timers and limits',
  threadsBelow: 'c/r: save and restore signals, timers and limits',
  keptStop: 'c/r: save and restore signals, timers and limits',
  posixTimers: 'c/r: save and restore signals, timers and limits',
  reniced: 'c/r: save and restore signals, timers and limits',
  calls: 'c/r: let interrupted system calls go on',
  goingOn: 'c/r: let interrupted system calls go on',
  sharedMemory: 'c/r: save and restore shared memory',
  credentials: 'c/r: save and restore credentials',
  directories: 'c/r: save and restore root and working directory',
  stopped: 'c/r: save and restore stopped tasks',
  leaks: 'c/r: find out what a whole container shares with others',
  leakingPipes: 'c/r: find out what a whole container shares with others',
  closed: 'c/r: let a checkpoint refuse a tree that is not closed',
  otherKernel: 'c/r: refuse an image of another build of the kernel',
  changedFiles: 'c/r: refuse files that have changed since the checkpoint',
  lesserCpu: 'c/r: refuse a processor with fewer features',
  leakingMemory: 'c/r: find out what a whole container shares with others',
  names: 'c/r: save and restore the UTS namespace',
  ownNames: 'c/r: save and restore the UTS namespace',
  ipcNamespace: 'c/r: save and restore the IPC namespace',
  ipcSharedMemory: 'c/r: save and restore System V shared memory',
  ipcQueues: 'c/r: save and restore System V message queues',
  queueLength: 'c/r: save and restore System V message queues',
  ipcSemaphores: 'c/r: save and restore System V semaphores',
  ipcUndo: 'c/r: save and restore what tasks undo to semaphores',

  // Of v2.6.30 alone.
  devices: { 'v2.6.30': 'c/r: read and write the objects of an image' },
  /** In v6.1 no task is frozen where it can't be saved. */
  tracerGone: { 'v2.6.30': 'c/r: checkpoint another task' },
  /** v6.1 refuses it by itself. */
  neitherWay: { 'v2.6.30': "pipe: don't open a pipe for neither reading nor writing" },
  /** v6.1 gives them back by itself. */
  sleepers: { 'v2.6.30': 'posix-cpu-timers: put the task when a sleep ends' },
  /** Tasks with the pids they had: v6.1 has clone3() for it. */
  pids: { 'v2.6.30': 'c/r: add clone_with_pids' },
  descriptorTables: { 'v2.6.30': 'c/r: save and restore LDTs' },

  // Of v6.1 alone.
  /** 2.6.30 needs not know what its vdso is. */
  unmappedVdso: { 'v6.1': 'c/r: save and restore private memory' },
  membarrier: { 'v6.1': 'c/r: save and restore private memory' },
  dispatch: { 'v6.1': 'c/r: save and restore x86_64 registers, FPU and TLS' },
  limited: { 'v6.1': 'c/r: save and restore signals, timers and limits' },
  /** A namespace that v6.1 has no memory for would leave its mount behind. */
  ipcMounts: { 'v6.1': "ipc: unmount the queues of a namespace that can't be made" },
  pieces: { 'v6.1': 'c/r: save and restore pipes and FIFOs' },
  pipeSizes: 'c/r: save and restore the size of a pipe',
  rseq: 'c/r: save and restore restartable sequences',
} as const;
