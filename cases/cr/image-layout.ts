/** The image's objects as data; docs/image-format.md is where each number comes from. */

export type FieldKind = 'u16' | 'u32' | 's32' | 'u64';

export interface ObjectLayout {
  readonly name: string;
  /** Bytes, header included; undefined where the payload's size varies. */
  readonly length?: number;
  /** In their order, after the header. Those called `padding` must be 0. */
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[];
  /** Stands only where the object before it announces it. */
  readonly announced?: boolean;
}

/** Every object begins with two u32: type and length. */
export const headerBytes = 8;
export const pageBytes = 4096;
/** Five s32 and padding for each task. */
export const treeEntryBytes = 24;
/** A pending signal in a BUFFER. */
export const signalBytes = 48;
/** What a process does on each of 64 signals: handler, flags, restorer, mask. */
export const actionsBytes = 64 * 32;
/** `f_type` of FILE. */
export const fileType = { GENERIC: 1, PIPE: 2 } as const;
export const headerMagic = 0x00feed0cc0a2d200n;
export const tailMagic = 0x002d2a0cc0deef00n;

export const typeOf = {
  HEADER: 1,
  HEADER_ARCH: 2,
  BUFFER: 3,
  STRING: 4,
  OBJREF: 5,
  BUILD_ID: 6,
  TREE: 101,
  TASK: 102,
  THREAD: 106,
  CPU: 107,
  TASK_SIGNALS: 108,
  PROCESS_SIGNALS: 109,
  CRED: 110,
  TASK_FS: 111,
  FS: 112,
  NS: 113,
  TASK_UNDO: 116,
  TASK_SCHED: 117,
  CRED_MORE: 114,
  RSEQ: 115,
  THREAD_TLS: 201,
  CPU_FPU: 202,
  MM_CONTEXT_LDT: 203,
  CPU_FEATURES: 204,
  FILE_NAME: 303,
  FILE: 304,
  FILE_PIPE: 305,
  PIPE: 306,
  PIPE_SIZE: 307,
  PIPE_OWNER: 308,
  FILE_STAMP: 309,
  PGARR: 403,
  MM_CONTEXT: 404,
  SHMEM: 405,
  MM_FLAGS: 406,
  MM_LAYOUT: 407,
  IPC_NS: 501,
  IPC_SHM: 502,
  IPC_ATTACH: 503,
  IPC_MSG: 504,
  IPC_MESSAGE: 505,
  IPC_SEM: 506,
  IPC_UNDO: 507,
  IPC_UNDO_SET: 508,
  IPC_NS_MORE: 551,
  IPC_NS_LIMITS: 552,
  TAIL: 9001,
  ERROR: 9999,
} as const;

export const fieldBytes: Readonly<Record<FieldKind, number>> = { u16: 2, u32: 4, s32: 4, u64: 8 };

const all = (kind: FieldKind, names: string) =>
  names.split(' ').map((name): [string, FieldKind] => [name, kind]);

const registers =
  'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss ds es fs gs ' +
  'fsbase gsbase debugreg0 debugreg1 debugreg2 debugreg3 debugreg6 debugreg7';
const addresses =
  'start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end ' +
  'env_start env_end';
const kernel = 'arch_id major minor patch rev uts_release_len uts_version_len uts_machine_len';

const signals = 'pending blocked sas_ss_sp sas_ss_size clear_child_tid robust_list personality';
const itimers = ['real', 'virtual', 'prof'].flatMap((which) =>
  ['sec', 'usec', 'interval_sec', 'interval_usec'].map((part) => `itimer_${which}_${part}`),
);
/** What all kinds of System V IPC have in common. */
const permissions: readonly (readonly [string, FieldKind])[] = [
  ...all('s32', 'id key'),
  ...all('u32', 'uid gid cuid cgid mode reserved'),
];
const rlimits = Array.from({ length: 16 }, (_, n) => [`rlimit_${n}_cur`, `rlimit_${n}_max`]).flat();

const layouts: readonly (readonly [number, ObjectLayout])[] = [
  [
    typeOf.HEADER,
    fixed('HEADER', [...all('u64', 'magic'), ...all('u16', kernel), ...all('u64', 'time uflags')]),
  ],
  [
    typeOf.HEADER_ARCH,
    {
      ...fixed('HEADER_ARCH', all('u16', 'has_fxsr has_xsave xstate_size padding')),
      announced: true,
    },
  ],
  [typeOf.BUILD_ID, fixed('BUILD_ID', all('u32', 'word_0 word_1 word_2 word_3 word_4 padding'))],
  [
    typeOf.CPU_FEATURES,
    fixed(
      'CPU_FEATURES',
      all('u32', 'c1_edx c1_ecx c81_edx c81_ecx c7_ebx c7_ecx c7_edx c7_1_eax'),
    ),
  ],
  [typeOf.BUFFER, { name: 'BUFFER', fields: [], announced: true }],
  [typeOf.STRING, { name: 'STRING', fields: [], announced: true }],
  [
    typeOf.OBJREF,
    fixed('OBJREF', [
      ['objtype', 'u32'],
      ['objref', 's32'],
    ]),
  ],
  [typeOf.TREE, fixed('TREE', all('s32', 'nr_tasks padding'))],
  [
    typeOf.TASK,
    fixed('TASK', all('u32', 'state exit_state exit_code exit_signal task_comm_len flags')),
  ],
  [103, fixed('TASK_NS', all('s32', 'ns_objref padding'))],
  [104, fixed('TASK_OBJS', all('s32', 'files_objref mm_objref'))],
  [105, fixed('RESTART_BLOCK', all('u64', 'function_type arg_0 arg_1 arg_2 arg_3 arg_4'))],
  [
    typeOf.THREAD,
    fixed('THREAD', all('u16', 'gdt_entry_tls_entries sizeof_tls_array ntls padding')),
  ],
  [typeOf.CPU, fixed('CPU', [...all('u64', registers), ...all('u32', 'uses_debug used_math')])],
  [
    typeOf.TASK_SIGNALS,
    fixed('TASK_SIGNALS', [
      ...all('u32', 'has_process nr_pending'),
      ...all('u64', signals),
      ['nice', 's32'],
      ...all('u32', 'pdeath_signal dumpable flags'),
    ]),
  ],
  [
    typeOf.PROCESS_SIGNALS,
    fixed('PROCESS_SIGNALS', [
      ...all('u32', 'nr_pending flags'),
      ...all('u64', ['pending', ...itimers, ...rlimits].join(' ')),
    ]),
  ],
  [
    typeOf.CRED,
    fixed('CRED', [
      ...all('u32', 'uid gid suid sgid euid egid fsuid fsgid securebits ngroups'),
      ...all('u64', 'cap_inheritable cap_permitted cap_effective cap_bset'),
    ]),
  ],
  [
    typeOf.CRED_MORE,
    fixed('CRED_MORE', [['cap_ambient', 'u64'], ...all('u32', 'no_new_privs padding')]),
  ],
  [typeOf.RSEQ, fixed('RSEQ', [['rseq', 'u64'], ...all('u32', 'sig padding')])],
  [
    typeOf.TASK_SCHED,
    fixed('TASK_SCHED', [
      ...all('u64', 'timer_slack default_timer_slack'),
      ['ioprio', 'u32'],
      ['oom_adj', 's32'],
      ...all('u32', 'cpus_len padding'),
    ]),
  ],
  [typeOf.TASK_FS, fixed('TASK_FS', all('s32', 'fs_objref padding'))],
  [typeOf.FS, fixed('FS', all('u32', 'umask padding'))],
  [typeOf.NS, fixed('NS', [['uts_name_len', 'u32'], ...all('s32', 'ipc_objref')])],
  [typeOf.TASK_UNDO, fixed('TASK_UNDO', all('s32', 'undo_objref padding'))],
  [
    typeOf.IPC_NS,
    fixed('IPC_NS', [
      ...all('u64', 'shm_ctlmax shm_ctlall'),
      ...all('u32', 'shm_ctlmni msg_ctlmax msg_ctlmnb semmsl semmns semopm semmni'),
      ...all('u32', 'seq_sem seq_msg seq_shm nr_sem nr_msg nr_shm padding'),
    ]),
  ],
  [
    typeOf.IPC_NS_MORE,
    fixed('IPC_NS_MORE', [['msg_ctlmni', 'u32'], ...all('s32', 'last_sem last_msg last_shm')]),
  ],
  [
    typeOf.IPC_NS_LIMITS,
    fixed('IPC_NS_LIMITS', [
      ...all('u32', 'msg_ctlmni auto_msgmni mq_queues_max mq_msg_max mq_msgsize_max'),
      ...all('u32', 'mq_msg_default mq_msgsize_default padding'),
    ]),
  ],
  [
    typeOf.IPC_SHM,
    fixed('IPC_SHM', [
      ...permissions,
      ...all('u64', 'shm_segsz shm_atim shm_dtim shm_ctim'),
      ...all('s32', 'shm_cprid shm_lprid'),
      ...all('u32', 'noreserve padding'),
    ]),
  ],
  [typeOf.IPC_ATTACH, fixed('IPC_ATTACH', [['shmid', 's32'], ...all('u32', 'f_mode')])],
  [
    typeOf.IPC_MSG,
    fixed('IPC_MSG', [
      ...permissions,
      ...all('u64', 'q_stime q_rtime q_ctime q_qbytes'),
      ...all('s32', 'q_lspid q_lrpid'),
      ...all('u32', 'q_qnum padding'),
    ]),
  ],
  [typeOf.IPC_MESSAGE, fixed('IPC_MESSAGE', [['m_type', 'u64'], ...all('u32', 'm_ts padding')])],
  [
    typeOf.IPC_SEM,
    fixed('IPC_SEM', [
      ...permissions,
      ...all('u64', 'sem_otime sem_ctime'),
      ...all('u32', 'sem_nsems padding'),
    ]),
  ],
  [typeOf.IPC_UNDO, fixed('IPC_UNDO', all('u32', 'nr_sets padding'))],
  [typeOf.IPC_UNDO_SET, fixed('IPC_UNDO_SET', [['semid', 's32'], ...all('u32', 'sem_nsems')])],
  [typeOf.SHMEM, fixed('SHMEM', [['size', 'u64'], ...all('u32', 'noreserve padding')])],
  [typeOf.THREAD_TLS, { name: 'THREAD_TLS', fields: [], announced: true }],
  [typeOf.CPU_FPU, { name: 'CPU_FPU', fields: [], announced: true }],
  [typeOf.MM_CONTEXT_LDT, { name: 'MM_CONTEXT_LDT', fields: [], announced: true }],
  [301, fixed('FILE_TABLE', all('s32', 'fdt_nfds padding'))],
  [
    302,
    fixed('FILE_DESC', [
      ...all('s32', 'fd_objref fd_descriptor'),
      ...all('u32', 'fd_close_on_exec padding'),
    ]),
  ],
  [typeOf.FILE_NAME, { name: 'FILE_NAME', fields: [], announced: true }],
  [
    typeOf.FILE,
    fixed('FILE', [
      ...all('u32', 'f_type f_mode f_flags f_signum'),
      ...all('u64', 'f_pos f_version'),
    ]),
  ],
  [
    typeOf.FILE_STAMP,
    fixed('FILE_STAMP', [
      ...all('u32', 'fs_type fs_rdev'),
      ...all('u64', 'fs_size fs_mtime'),
      ...all('u32', 'fs_mtime_nsec fs_is_image'),
    ]),
  ],
  [typeOf.FILE_PIPE, { ...fixed('FILE_PIPE', all('s32', 'pipe_objref padding')), announced: true }],
  [typeOf.PIPE, fixed('PIPE', all('u32', 'is_fifo nr_bytes'))],
  [typeOf.PIPE_OWNER, fixed('PIPE_OWNER', all('u32', 'uid gid mode padding'))],
  [typeOf.PIPE_SIZE, fixed('PIPE_SIZE', all('u32', 'size padding'))],
  [401, fixed('MM', [['map_count', 'u32'], ['exe_objref', 's32'], ...all('u64', addresses)])],
  [
    typeOf.MM_LAYOUT,
    fixed('MM_LAYOUT', [
      ...all('u64', 'mmap_base mmap_legacy_base mmap_compat_base mmap_compat_legacy_base'),
      ...all('u32', 'from_below padding'),
    ]),
  ],
  [typeOf.MM_FLAGS, fixed('MM_FLAGS', all('u32', 'lock_future dump_filter'))],
  [
    402,
    fixed('VMA', [
      ['vma_type', 'u32'],
      ['vma_objref', 's32'],
      ...all('u64', 'vm_start vm_end vm_page_prot vm_flags vm_pgoff'),
    ]),
  ],
  [typeOf.PGARR, fixed('PGARR', all('u64', 'nr_pages'))],
  [
    typeOf.MM_CONTEXT,
    fixed('MM_CONTEXT', [...all('u64', 'vdso'), ...all('u32', 'ldt_entry_size nldt')]),
  ],
  [typeOf.TAIL, fixed('TAIL', all('u64', 'magic'))],
  [typeOf.ERROR, fixed('ERROR', [])],
];

/** What is known of each type of object. */
export const layoutOf: ReadonlyMap<number, ObjectLayout> = new Map(layouts);

function fixed(name: string, fields: ObjectLayout['fields']): ObjectLayout {
  const payload = fields.reduce((sum, [, kind]) => sum + fieldBytes[kind], 0);
  return { name, length: headerBytes + payload, fields };
}
