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
  'vm_area_struct.anon_vma',
  'task_struct.cgroups',
  'task_struct.utime',
  'fpu.perm',
  'sigqueue.info[rt_sigqueueinfo]',
];
