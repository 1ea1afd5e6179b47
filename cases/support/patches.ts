/** The patches that cases need, by their subjects: a prefix of the series without one skips. */
export const patches = {
  /** The first patch at which a task that is no container init can be saved by another. */
  subtree: 'c/r: CHECKPOINT_SUBTREE',
  /** The first at which an image names a file: the target's program. */
  memory: 'c/r: private memory',
  pipes: 'c/r: pipes and FIFOs',
  /** The first at which more than one task comes back, and one can wait for another to lead. */
  tree: 'c/r: restart of a tree of processes',
  signals: 'c/r: signals, timers and limits',
  sharedMemory: 'c/r: shared memory',
  credentials: 'c/r: credentials',
  directories: 'c/r: root and working directory',
  stopped: 'c/r: stopped tasks',
  names: 'c/r: UTS namespace',
  leaks: 'c/r: find out what a whole container shares with others',
  leakingPipes: 'c/r: find out who else has the pipes of a whole container',
  leakingMemory: 'c/r: find out who else has the shared memory of a whole container',
  aio: 'c/r: refuse contexts of asynchronous i/o',
  terminal: 'c/r: refuse a controlling terminal',
  objectsOfTasks: 'c/r: shared objects come with a task',
  auxv: 'c/r: an auxiliary vector ends with AT_NULL',
  /** v6.1 has no threads in its lists of children. */
  threadsBelow: {
    'v2.6.30': "c/r: a thread is nobody's child",
    'v6.1': 'c/r: signals, timers and limits',
  },
  mmFlags: 'c/r: whether mappings to come are locked, and what core dumps hold',
  /** v6.1 has had it with its mappings. */
  advice: {
    'v2.6.30': 'c/r: restore how a mapping is going to be read',
    'v6.1': 'c/r: private memory',
  },
  exitSignal: 'c/r: whoever may not kill his parent dies with SIGCHLD',
  killable: 'c/r: a restart that waits can be killed',
  /** 2.6.30 needs not know what its vdso is. */
  unmappedVdso: { 'v6.1': 'c/r: a vdso that was unmapped still has its image' },
  keptExitSignal: 'c/r: a task keeps the exit signal that it was made with, or gets SIGCHLD',
  keptStop: 'c/r: a SIGSTOP that comes in during a restart is kept',
  ownNames: "c/r: no way into another task's UTS namespace",
  posixTimers: "c/r: a restarted process has none of its restarter's POSIX timers",
  membarrier: { 'v6.1': 'c/r: a restart that failed leaves the registrations for membarrier' },
  dispatch: { 'v6.1': 'c/r: refuse syscall user dispatch and limited speculation' },
  queueLength: 'c/r: refuse a message queue that is too long',
  limited: { 'v6.1': 'c/r: a restart does not undo what prlimit did meanwhile' },
  reniced: 'c/r: a restart does not undo what renice did meanwhile',
  devices: { 'v2.6.30': 'c/r: an image does not go to devices that take pointers' },
  /** In v6.1 no task is frozen where it can't be saved. */
  tracerGone: { 'v2.6.30': 'c/r: refuse a task that froze where it stopped for a tracer' },
  /** v6.1 gives them back by itself. */
  sleepers: { 'v2.6.30': 'c/r: posix-cpu-timers: a sleep gives back its task' },
  readable: 'c/r: save what is in a pipe only for those who may read it',
  ipcNamespace: 'c/r: IPC namespace',
  ipcSharedMemory: 'c/r: System V shared memory',
  ipcQueues: 'c/r: System V message queues',
  ipcSemaphores: 'c/r: System V semaphores',
  ipcUndo: 'c/r: what tasks undo to semaphores',
  /** Tasks with the pids they had: v6.1 has clone3() for it. */
  pids: { 'v2.6.30': 'c/r: clone_with_pids' },
  /** A namespace that v6.1 has no memory for would leave its mount behind. */
  ipcMounts: { 'v6.1': "c/r: ipc: unmount the queues of a namespace that can't be made" },
  pieces: { 'v6.1': 'c/r: what is in a pipe may be in pieces of several pages' },
  pipeSizes: 'c/r: the size of a pipe',
  rseq: 'c/r: restartable sequences',
  calls: 'c/r: system calls that go on after an interruption',
  goingOn: 'c/r: system calls that are just about to go on',
} as const;
