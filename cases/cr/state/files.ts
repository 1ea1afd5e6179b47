import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved } from './rows.ts';

const own = 'every one has its own';

/** struct files_struct. */
export const filesStruct: StructState = {
  name: 'files_struct',
  about: 'a table of descriptors',
  rows: [
    saved('fdt', 'FILE_TABLE: see fdtable', 'comes-back-files: thousand'),
    saved('count', 'who shares it: TASK_OBJS', 'comes-back-tasks: shared-all'),
    derived('fdtab close_on_exec_init open_fds_init fd_array', 'room for the first descriptors'),
    derived('next_fd', 'a hint where to look for one that is free'),
    derived('file_lock', own),
    ...only('v6.1', derived('resize_in_progress resize_wait full_fds_bits_init', own)),
  ],
};

/** struct fdtable. */
export const fdtable: StructState = {
  name: 'fdtable',
  about: "a table's array",
  rows: [
    saved(
      'fd',
      'FILE_DESC: number and a shared object',
      'comes-back-files: gaps',
      'comes-back-files: file-dup',
    ),
    saved('close_on_exec', 'FILE_DESC', 'comes-back-files: file-modes'),
    derived('open_fds max_fds rcu', 'by what is open'),
    ...only('v2.6.30', derived('next', 'links of tables that are to be freed')),
    ...only('v6.1', derived('full_fds_bits', 'by what is open')),
  ],
};

/** struct file. */
export const file: StructState = {
  name: 'file',
  about: 'an open file',
  rows: [
    saved(
      'f_path',
      'FILE_NAME; of a pipe none',
      'comes-back-files: file-offset',
      "root-path: files are named as the target's root has them, whatever the caller's is",
    ),
    saved(
      'f_pos',
      'FILE, of regular files and directories',
      'comes-back-files: file-offset',
      'comes-back-files: listing',
    ),
    indifferent('f_pos[device]', 'the devices that are saved read and write the same everywhere'),
    saved('f_flags', 'FILE', 'comes-back-files: file-flags', 'comes-back-files: file-modes'),
    refused('f_flags[FASYNC]', 'file sends signals', 'unusual-tasks: asynchronous'),
    saved(
      'f_mode',
      'FILE: reading and writing; the rest is the file system’s',
      'comes-back-files: file-modes',
    ),
    saved('f_count', 'who shares it: a shared object', 'comes-back-files: file-shared'),
    refused('f_owner', 'file sends signals', 'unusual-tasks: owner'),
    refused(
      'f_op',
      'file of a file system that is not supported: sockets, terminals, epoll, signalfd, timerfd, eventfd, inotify, message queues, /proc, and all that has no ->checkpoint',
      'refusals: tcp',
      'refusals: epoll',
      'refusals: pty',
      'refusals: proc',
    ),
    refused(
      'private_data',
      'as f_op; what the files that are saved keep there is their own, and made anew',
      'refusals: epoll',
    ),
    derived('f_mapping', "the file's, by its path"),
    derived('f_cred', "the restarter's, who opens the file and must be allowed to"),
    derived('f_lock', own),
    lost('f_ra', 'posix_fadvise() is forgotten: how far ahead a file is read'),
    indifferent(
      'f_version',
      'whether a position in a directory is still good: it is looked for anew',
    ),
    ...only(
      'v2.6.30',
      derived('f_u.fu_list f_u.fu_rcuhead', 'links of all open files'),
      refused(
        'f_ep_links',
        'who watches it is an epoll, which is no file that is saved',
        'refusals: epoll',
      ),
    ),
    ...only(
      'v6.1',
      derived('f_llist f_rcuhead f_iocb_flags f_inode f_pos_lock', own),
      saved(
        'f_flags[O_DIRECT]',
        'FILE: of a pipe, that writes are packets',
        'comes-back-habits: packets',
      ),
      lost('f_mode[FMODE_RANDOM]', 'posix_fadvise(POSIX_FADV_RANDOM) is forgotten'),
      refused(
        'f_ep',
        'who watches it is an epoll, which is no file that is saved',
        'refusals: epoll',
      ),
      lost(
        'f_wb_err f_sb_err',
        'an error of writing back that happened while it was open, and that somebody else has heard of since, is not told by its next fsync()',
      ),
    ),
  ],
};

/** struct fown_struct. */
export const fownStruct: StructState = {
  name: 'fown_struct',
  about: 'to whom a file sends signals',
  rows: [
    refused('pid pid_type uid euid', 'file sends signals', 'unusual-tasks: owner'),
    saved('signum', 'FILE', 'comes-back-kept: signal-number'),
    derived('lock', own),
  ],
};

/** struct file_ra_state. */
export const fileReadAhead: StructState = {
  name: 'file_ra_state',
  about: 'how far ahead a file is read',
  rows: [
    indifferent('start size async_size mmap_miss prev_pos', 'a guess that begins anew'),
    lost('ra_pages', 'posix_fadvise() is forgotten'),
  ],
};

/** struct fs_struct. */
export const fsStruct: StructState = {
  name: 'fs_struct',
  about: 'root, working directory and umask',
  rows: [
    saved('root', 'FS, a FILE_NAME', 'comes-back-tasks: chroot'),
    refused(
      'root[unlinked]',
      'root directory is unlinked, or outside of the root',
      'unusual-tasks: child-root-unlinked',
      'unusual-tasks: child-root-outside',
    ),
    saved('pwd', 'FS, a FILE_NAME', 'comes-back-tasks: place'),
    refused(
      'pwd[unlinked]',
      'working directory is unlinked, or outside of the root',
      'unusual-tasks: folder',
      'unusual-tasks: mount',
    ),
    saved('umask', 'FS', 'comes-back-tasks: place'),
    saved('users', 'who shares it: TASK_FS', 'comes-back-tasks: shared-all'),
    indifferent('in_exec', 'only within exec, in which no task is frozen'),
    derived('lock', own),
    ...only('v6.1', derived('seq', own)),
  ],
};

/** struct pipe_inode_info. */
export const pipe: StructState = {
  name: 'pipe_inode_info',
  about: 'a pipe or FIFO',
  rows: [
    saved('bufs', 'PIPE: the bytes', 'comes-back-files: pipe', 'comes-back-files: fifo'),
    derived('readers writers', 'by the ends that are opened', 'comes-back-files: pipe-half'),
    derived(
      'r_counter w_counter',
      'who waits in open() opens again',
      'comes-back-signals: fifo-open',
    ),
    refused('fasync_readers fasync_writers', 'file sends signals', 'unusual-tasks: asynchronous'),
    indifferent('tmp_page', 'a page that is kept for the next write'),
    ...only(
      'v2.6.30',
      derived(
        'wait waiting_writers',
        'by who waits, who calls again',
        'comes-back-signals: pipe-write',
      ),
      derived('nrbufs curbuf', 'by the bytes, in as few pages as they take'),
      derived('inode', own),
    ),
    ...only(
      'v6.1',
      saved('ring_size max_usage', 'PIPE_SIZE: fcntl(F_SETPIPE_SZ)', 'comes-back-newer: big-pipe'),
      derived('head tail', 'by the bytes, in as few pages as they take'),
      derived(
        'mutex rd_wait wr_wait files',
        'by who has it open, or waits, who calls again',
        'comes-back-signals: pipe-write',
      ),
      derived('user nr_accounted', 'who restarts is charged'),
      indifferent('poll_usage', 'whether it was ever polled: how eagerly it wakes up'),
    ),
  ],
};

/** struct pipe_buffer. */
export const pipeBuffer: StructState = {
  name: 'pipe_buffer',
  about: 'bytes in a pipe',
  rows: [
    saved('page offset len', 'PIPE: the bytes', 'comes-back-files: pipe-full'),
    ...only('v2.6.30', indifferent('flags', 'how a page may be reused: the bytes are copied')),
    ...only(
      'v6.1',
      refused('flags', 'file holds packets or notifications', 'unusual-tasks: packets-left'),
    ),
    derived('ops private', 'of the kind of page; the bytes are copied into plain ones'),
  ],
};

const theirs = "the file system's: the file is found by its path, or is a device of this kernel";

/** struct inode. */
export const inode: StructState = {
  name: 'inode',
  about: 'a file',
  rows: [
    saved('i_pipe', 'PIPE: a shared object', 'comes-back-files: pipe'),
    saved(
      'i_data i_mapping',
      'SHMEM and IPC_SHM: the pages of shared memory that is no file; what is in files is not saved, as the documentation says',
      'comes-back-memory: shared-memory',
      'comes-back-ipc: ipc-shm',
    ),
    saved(
      'i_uid[pipe] i_gid[pipe] i_mode[pipe]',
      'PIPE_OWNER; who may not give it away keeps it: what goes on has it open anyway',
      'comes-back-kept: pipe-owner',
    ),
    saved(
      'i_size i_mtime i_rdev',
      'FILE_STAMP: what has the name at a restart has to have the same',
      'changed-since: a file that has grown',
      'changed-since: a file that was written to, and is as long as before',
      'changed-since: a file that is a folder',
    ),
    indifferent(
      'i_ino i_ctime i_version i_generation',
      'a copy with the same contents is as good, and has others',
    ),
    derived(
      'i_uid i_gid i_hash i_sb_list i_dentry i_count i_nlink i_atime i_blkbits i_blocks i_bytes i_mode i_lock i_op i_fop i_sb i_devices i_cdev i_state dirtied_when i_flags i_writecount i_private',
      theirs,
    ),
    ...only(
      'v2.6.30',
      refused('i_flock', 'file is locked', 'refusals: locked', 'unusual-tasks: range'),
      refused(
        'inotify_watches inotify_mutex',
        'who watches it is an inotify, which is no file that is saved',
        'refusals: inotify',
      ),
      derived('i_list i_mutex i_alloc_sem i_bdev i_cindex', theirs),
    ),
    ...only(
      'v6.1',
      refused('i_flctx', 'file is locked', 'refusals: locked', 'unusual-tasks: range'),
      refused(
        'i_fsnotify_mask i_fsnotify_marks',
        'who watches it is an inotify, which is no file that is saved',
        'refusals: inotify',
      ),
      derived(
        'i_opflags __i_nlink i_write_hint i_rwsem dirtied_time_when i_io_list i_lru i_wb_list i_rcu i_sequence i_dio_count i_readcount free_inode i_link i_dir_seq',
        theirs,
      ),
    ),
  ],
};

/** struct io_context. */
export const ioContext: StructState = {
  name: 'io_context',
  about: 'who shares a turn at a disk',
  rows: [
    saved(
      'ioprio',
      'TASK_SCHED: ioprio_set(); a real-time one needs a capability',
      'comes-back-kept: io-priority',
    ),
    lost(
      'refcount',
      'who shares an i/o context (CLONE_IO): each task has one of its own, and ioprio_set() of one is not that of the others any more',
    ),
    ...only(
      'v2.6.30',
      lost('nr_tasks', 'as refcount'),
      indifferent(
        'lock ioprio_changed last_waited nr_batch_requests aic radix_root cic_list ioc_data',
        "the disk scheduler's guesses, which begin anew",
      ),
    ),
    ...only('v6.1', indifferent('active_ref', 'who has requests under way')),
  ],
};
