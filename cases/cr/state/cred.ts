import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, only, refused, saved } from './rows.ts';

const charged =
  "the restarter's, or of who has the uid that comes back: how much its user has of something";

/** struct cred. */
export const cred: StructState = {
  name: 'cred',
  about: 'what a thread may do',
  rows: [
    saved('uid gid suid sgid euid egid fsuid fsgid', 'CRED', 'comes-back-tasks: identity'),
    saved('group_info', 'CRED, a BUFFER', 'comes-back-tasks: identity'),
    saved(
      'securebits',
      'CRED',
      'comes-back-tasks: identity',
      'comes-back-guarded: locked-bits',
      'restart-rights: bounds of capabilities',
      'restart-confined: locked security bits',
    ),
    saved(
      'cap_inheritable cap_permitted cap_effective cap_bset',
      'CRED',
      'comes-back-tasks: capabilities',
      'restart-rights: capabilities',
    ),
    derived('user', 'from uid'),
    derived('usage rcu', 'every one has its own'),
    ...only(
      'v6.1',
      saved('cap_ambient', 'CRED_MORE', 'comes-back-kept: ambient'),
      refused('user_ns', 'is in another user namespace', 'unusual-tasks: child-users'),
      derived('ucounts', 'from uid and user namespace'),
      derived('non_rcu', 'every one has its own'),
    ),
  ],
};

/** struct group_info. */
export const groupInfo: StructState = {
  name: 'group_info',
  about: 'supplementary groups',
  rows: [
    saved('ngroups', 'CRED', 'restart-rights: other groups'),
    derived('usage', 'every one has its own'),
    ...only(
      'v2.6.30',
      saved('small_block blocks', 'a BUFFER', 'restart-rights: other groups'),
      derived('nblocks', 'from ngroups'),
    ),
    ...only('v6.1', saved('gid', 'a BUFFER', 'restart-rights: other groups')),
  ],
};

/** struct user_struct. */
export const userStruct: StructState = {
  name: 'user_struct',
  about: 'what a user has of things that are limited',
  rows: [
    derived('uid', "from cred's"),
    indifferent('__count uidhash_node epoll_watches', charged),
    ...only(
      'v2.6.30',
      indifferent(
        'processes files sigpending inotify_watches inotify_devs mq_bytes locked_shm',
        charged,
      ),
      refused('user_ns', 'is in another user namespace', 'unusual-tasks: child-users'),
    ),
    ...only('v6.1', indifferent('unix_inflight pipe_bufs locked_vm perf_mlock ratelimit', charged)),
  ],
};

const otherUsers = 'is in another user namespace, as seen by who saves it';

/** struct user_namespace. */
export const userNamespace: StructState = {
  name: 'user_namespace',
  about: 'a user namespace',
  rows: [
    ...only(
      'v2.6.30',
      refused('kref uidhash_table creator destroyer', otherUsers, 'unusual-tasks: child-users'),
    ),
    ...only(
      'v6.1',
      refused(
        'uid_map gid_map projid_map parent level owner group ns flags parent_could_setfcap work set sysctls ucounts ucount_max rlimit_max',
        otherUsers,
        'unusual-tasks: child-users',
      ),
    ),
  ],
};

/** struct ucounts. */
export const ucounts: StructState = {
  name: 'ucounts',
  about: 'what a user has in a user namespace',
  rows: [...only('v6.1', indifferent('node ns uid count ucount rlimit', charged))],
};
