import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved } from './rows.ts';

const own = 'every one has its own';
const label = 'labels of security modules, of which the configuration has none';

/** struct kern_ipc_perm. */
export const ipcPerm: StructState = {
  name: 'kern_ipc_perm',
  about: 'what all objects of System V IPC have',
  rows: [
    saved('id', 'in the record of each', 'comes-back-ipc: ipc-shm'),
    saved(
      'key uid gid cuid cgid mode',
      'in the record of each',
      'comes-back-ipc: ipc-shm',
      'restart-rights-ipc: root may have it',
    ),
    derived('seq', 'from the id'),
    derived('lock deleted', own),
    indifferent('security', label),
    ...only('v6.1', derived('khtnode rcu refcount', own)),
  ],
};

/** struct shmid_kernel. */
export const segment: StructState = {
  name: 'shmid_kernel',
  about: 'shared memory of System V',
  rows: [
    saved('shm_perm', 'IPC_SHM', 'comes-back-ipc: ipc-shm'),
    saved('shm_file', 'IPC_SHM and PGARR: the pages', 'comes-back-ipc: ipc-shm'),
    refused('shm_file[huge]', 'shared memory is of huge pages', 'refusals: huge-segment'),
    saved(
      'shm_segsz shm_atim shm_dtim shm_ctim shm_cprid shm_lprid',
      'IPC_SHM',
      'comes-back-ipc: ipc-shm',
    ),
    derived('shm_nattch', 'by the mappings'),
    ...only('v2.6.30', derived('mlock_user', 'who restarts is charged')),
    ...only(
      'v6.1',
      derived('mlock_ucounts', 'who restarts is charged'),
      derived('ns', own),
      lost(
        'shm_creator shm_clist',
        'a segment has the restarter for its maker, who leaves it: with kernel.shm_rmid_forced set afterwards it is removed if nobody has it attached, be its maker alive',
      ),
    ),
  ],
};

/** struct msg_queue. */
export const messageQueue: StructState = {
  name: 'msg_queue',
  about: 'a message queue of System V',
  rows: [
    saved(
      'q_perm q_stime q_rtime q_ctime q_qnum q_qbytes q_lspid q_lrpid',
      'IPC_MSG',
      'comes-back-ipc: ipc-msg',
    ),
    saved('q_messages', 'IPC_MESSAGE', 'comes-back-ipc: ipc-msg'),
    derived('q_cbytes', 'by the messages'),
    derived('q_receivers q_senders', 'who waits calls again', 'comes-back-ipc: ipc-msg-wait'),
    indifferent('q_changes', "the series' own: whether it changed while it was looked at"),
  ],
};

/** struct msg_msg. */
export const message: StructState = {
  name: 'msg_msg',
  about: 'a message of System V',
  rows: [
    saved('m_type m_ts', 'IPC_MESSAGE', 'comes-back-ipc: ipc-msg'),
    saved('next', 'a BUFFER: its text', 'comes-back-ipc: ipc-msg'),
    derived('m_list', 'by its place among the others'),
    indifferent('security', label),
  ],
};

/** struct sem_array. */
export const semaphores: StructState = {
  name: 'sem_array',
  about: 'a set of semaphores',
  rows: [
    saved('sem_perm sem_ctime sem_nsems', 'IPC_SEM', 'comes-back-ipc: ipc-sem'),
    derived('list_id', 'by what tasks have to undo', 'comes-back-ipc: ipc-undo'),
    ...only(
      'v2.6.30',
      saved('sem_otime', 'IPC_SEM', 'comes-back-ipc: ipc-sem'),
      saved('sem_base', 'a BUFFER: see sem', 'comes-back-ipc: ipc-sem'),
      derived(
        'sem_pending',
        'who waits is sent off with EINTR, saved or not',
        'comes-back-ipc: ipc-sem',
      ),
    ),
    ...only(
      'v6.1',
      saved('sems', 'a BUFFER: see sem', 'comes-back-ipc: ipc-sem'),
      derived(
        'pending_alter pending_const complex_count',
        'who waits is sent off with EINTR, saved or not',
        'comes-back-ipc: ipc-sem',
      ),
      indifferent('use_global_lock', 'which lock is taken'),
    ),
  ],
};

/** struct sem. */
export const semaphore: StructState = {
  name: 'sem',
  about: 'a semaphore',
  rows: [
    saved('semval sempid', 'a BUFFER', 'comes-back-ipc: ipc-sem'),
    ...only(
      'v6.1',
      saved(
        'sem_otime',
        'IPC_SEM: the last of the set, which is all that is told',
        'comes-back-ipc: ipc-sem',
      ),
      derived(
        'pending_alter pending_const',
        'who waits is sent off with EINTR, saved or not',
        'comes-back-ipc: ipc-sem',
      ),
      derived('lock', own),
    ),
  ],
};

/** struct sem_undo. */
export const undo: StructState = {
  name: 'sem_undo',
  about: 'what a task has to undo to a set',
  rows: [
    saved('semid semadj', 'IPC_UNDO_SET', 'comes-back-ipc: ipc-undo'),
    refused(
      'list_id',
      'has semaphores to undo that are not saved',
      'undo-outside: EBUSY, the record names the task, which goes on',
    ),
    derived('list_proc rcu ulp', own),
  ],
};

/** struct sem_undo_list. */
export const undoList: StructState = {
  name: 'sem_undo_list',
  about: 'what tasks have to undo to semaphores',
  rows: [
    saved('list_proc', 'IPC_UNDO', 'comes-back-ipc: ipc-undo'),
    saved('refcnt', 'who shares it: TASK_UNDO', 'comes-back-ipc: ipc-undo'),
    derived('lock', own),
  ],
};

/** struct sysv_sem. */
export const undoOf: StructState = {
  name: 'sysv_sem',
  about: "where a task's list of what it has to undo is",
  rows: [saved('undo_list', 'TASK_UNDO: a shared object', 'comes-back-ipc: ipc-undo')],
};
