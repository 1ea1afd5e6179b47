import type { StateLedger } from '../../../harness/project.ts';
import { cred, groupInfo, ucounts, userNamespace, userStruct } from './cred.ts';
import * as files from './files.ts';
import * as ipc from './ipc.ts';
import { mmContext, mmStruct, vmArea } from './memory.ts';
import * as namespaces from './namespaces.ts';
import { fpu, registers, threadInfo, threadStruct } from './processor.ts';
import * as signals from './signals.ts';
import { taskStruct } from './task.ts';

/** What becomes of the state of tasks, field by field of the kernel's structs. */
export const ledger: StateLedger = [
  taskStruct,
  signals.signalStruct,
  signals.sighandStruct,
  mmStruct,
  vmArea,
  files.filesStruct,
  files.file,
  files.fsStruct,
  cred,
  namespaces.nsproxy,
  threadStruct,
  signals.sigaction,
  signals.sigpending,
  signals.sigqueue,
  signals.posixTimer,
  signals.restartBlock,
  signals.rlimit,
  signals.cpuTimer,
  mmContext,
  files.fdtable,
  files.fownStruct,
  files.fileReadAhead,
  files.pipe,
  files.pipeBuffer,
  files.inode,
  files.ioContext,
  groupInfo,
  userStruct,
  userNamespace,
  ucounts,
  fpu,
  registers,
  threadInfo,
  namespaces.utsNamespace,
  namespaces.utsName,
  namespaces.pidNamespace,
  namespaces.ipcNamespace,
  namespaces.ipcIds,
  ipc.ipcPerm,
  ipc.segment,
  ipc.messageQueue,
  ipc.message,
  ipc.semaphores,
  ipc.semaphore,
  ipc.undo,
  ipc.undoList,
  ipc.undoOf,
];

/** Fields that are lost, the most harmful first; what is not here does less harm. */
export const worstLosses: readonly string[] = [
  'inode.i_ino',
  'nsproxy.pid_ns_for_children',
  'inode.i_uid[pipe]',
  'signal_struct.flags[SIGNAL_STOP_CONTINUED|SIGNAL_CLD_*]',
  'task_struct.ptraced',
  'fown_struct.signum',
  'mm_struct.mmap_base',
  'vm_area_struct.anon_vma',
  'task_struct.cpus_allowed',
  'task_struct.cpus_mask',
  'signal_struct.oom_score_adj',
  'task_struct.oomkilladj',
  'ipc_namespace.msg_ctlmni',
  'ipc_namespace.mq_queues_max',
  'task_struct.real_parent[thread]',
  'task_struct.cgroups',
  'task_struct.utime',
  'task_struct.io_context',
  'task_struct.timer_slack_ns',
  'fpu.perm',
  'sigqueue.info[rt_sigqueueinfo]',
];
