import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved, uncased } from './rows.ts';

const own = 'every one has its own';
const counted = 'counted as objects come back';

/** struct nsproxy. */
export const nsproxy: StructState = {
  name: 'nsproxy',
  about: 'the namespaces of a thread',
  rows: [
    saved('uts_ns', 'NS: the names', 'comes-back-ipc: names'),
    refused('uts_ns[child]', 'is in another uts namespace', 'unusual-tasks: child-names'),
    saved(
      'ipc_ns',
      'NS: a shared object, if it is not that of who saves it',
      'comes-back-ipc: ipc-shm',
    ),
    refused('ipc_ns[child]', 'is in another ipc namespace', 'unusual-tasks: child-ipc'),
    refused(
      'mnt_ns',
      'is in another mount namespace',
      'refusals: mounts',
      'unusual-tasks: child-mounts',
    ),
    refused(
      'net_ns',
      'is in another net namespace',
      'refusals: network',
      'unusual-tasks: child-network',
    ),
    saved('count', 'who shares it: TASK_NS', 'comes-back-ipc: names'),
    ...only(
      'v2.6.30',
      derived(
        'pid_ns',
        'tasks come back in the namespace that they are made in',
        'comes-back-container: tree',
      ),
      refused('pid_ns[child]', 'is in another pid namespace', 'unusual-tasks: child-pids'),
    ),
    ...only(
      'v6.1',
      refused(
        'pid_ns_for_children',
        'has another pid namespace for its children',
        'unusual-tasks: a pid namespace for children to come',
      ),
      refused(
        'cgroup_ns',
        'is in another cgroup namespace',
        'refusals: cgroups',
        'unusual-tasks: child-cgroups',
      ),
      uncased(
        'the configuration has no time namespaces, so no case can have one',
        refused('time_ns time_ns_for_children', 'is in another time namespace'),
      ),
    ),
  ],
};

/** struct uts_namespace. */
export const utsNamespace: StructState = {
  name: 'uts_namespace',
  about: 'a UTS namespace',
  rows: [
    saved('name', 'NS: see new_utsname', 'comes-back-ipc: names'),
    ...only('v2.6.30', derived('kref', own)),
    ...only('v6.1', derived('user_ns ucounts ns', 'made by the restarter, in its user namespace')),
  ],
};

/** struct new_utsname. */
export const utsName: StructState = {
  name: 'new_utsname',
  about: 'what uname() tells',
  rows: [
    saved('nodename domainname', 'NS, two BUFFER', 'comes-back-ipc: names'),
    derived(
      'sysname release version machine',
      "the kernel's: an image of another release is refused",
    ),
  ],
};

/** struct pid_namespace. */
export const pidNamespace: StructState = {
  name: 'pid_namespace',
  about: 'a pid namespace',
  rows: [
    derived(
      'child_reaper pid_cachep level parent',
      'made by the restart tool, or the one that it is in',
      'comes-back-container: tree',
    ),
    ...only(
      'v2.6.30',
      derived('kref pidmap', 'by the tasks that come back'),
      indifferent('last_pid', 'which pid comes next is promised to nobody'),
      derived('proc_mnt', 'made with the namespace'),
    ),
    ...only(
      'v6.1',
      derived('idr rcu pid_allocated user_ns ucounts ns', 'by the tasks that come back'),
      indifferent('idr[cursor]', 'which pid comes next is promised to nobody'),
      indifferent('reboot', 'only while its init is being killed by reboot()'),
    ),
  ],
};

/** struct ipc_namespace. */
export const ipcNamespace: StructState = {
  name: 'ipc_namespace',
  about: 'an IPC namespace that is saved with the tree',
  rows: [
    saved('ids', 'IPC_NS and its objects: see ipc_ids', 'comes-back-ipc: ipc-shm'),
    saved('shm_ctlmax msg_ctlmax msg_ctlmnb', 'IPC_NS', 'comes-back-ipc: ipc-limits'),
    saved('sem_ctls shm_ctlall shm_ctlmni', 'IPC_NS', 'comes-back-kept: ipc-settings'),
    derived('used_sems shm_tot', counted),
    derived('ipcns_nb', own),
    refused('mq_queues_count', 'IPC namespace has POSIX message queues', 'refusals: queue-left'),
    derived('mq_mnt', 'made with the namespace; who has it mounted is in another mount namespace'),
    saved(
      'mq_queues_max mq_msg_max mq_msgsize_max',
      'IPC_NS_LIMITS',
      'comes-back-kept: queue-limits',
    ),
    ...only(
      'v2.6.30',
      saved('msg_ctlmni auto_msgmni', 'IPC_NS_LIMITS', 'comes-back-kept: number-of-queues'),
      derived('count', own),
      derived('msg_bytes msg_hdrs', counted),
    ),
    ...only(
      'v6.1',
      saved('msg_ctlmni', 'IPC_NS_MORE', 'comes-back-kept: ipc-settings'),
      saved('mq_msg_default mq_msgsize_default', 'IPC_NS_LIMITS', 'comes-back-kept: queue-limits'),
      refused('shm_rmid_forced', 'IPC namespace has shm_rmid_forced', 'refusals: forced-removal'),
      derived('percpu_msg_bytes percpu_msg_hdrs', counted),
      derived('mq_set mq_sysctls ipc_set ipc_sysctls user_ns ucounts mnt_llist ns', own),
    ),
  ],
};

/** struct ipc_ids. */
export const ipcIds: StructState = {
  name: 'ipc_ids',
  about: 'the objects of one kind in an IPC namespace',
  rows: [
    saved('in_use', 'IPC_NS', 'comes-back-ipc: ipc-shm'),
    saved('seq', 'IPC_NS: ids that were used are not used again', 'comes-back-kept: used-ids'),
    derived('ipcs_idr', 'by the ids of the objects', 'comes-back-ipc: ipc-msg'),
    ...only(
      'v2.6.30',
      derived('seq_max rw_mutex', own),
      derived('next_id', 'the id that a restart is about to give; -1 otherwise'),
    ),
    ...only(
      'v6.1',
      derived('rwsem max_idx key_ht', 'by the objects'),
      saved(
        'last_idx',
        'IPC_NS_MORE: the next object gets the id that it would have got',
        'comes-back-kept: used-ids',
      ),
      lost(
        'next_id',
        '/proc/sys/kernel/{shm,msg,sem}_next_id: a wish for the id of the next object is forgotten',
      ),
    ),
  ],
};
