import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved, uncased } from './rows.ts';

const atBoundary =
  'only within a system call or an interrupt: a frozen task is at the boundary to user mode';
const scheduler = "the scheduler's own; a new task's, from then on its own again";
const lockdep = "the lock checker's and the interrupt tracer's: of what the kernel does";
const usage =
  'usage is counted anew, as the documentation says: clock(), times(), getrusage(), /proc/PID/stat and CLOCK_*_CPUTIME_ID go back to zero, RLIMIT_CPU begins again; of a zombie its parent is told what the restarter has used';
const pinned =
  'TASK_SCHED: sched_setaffinity(), as far as the processors are there and its cpuset has them';
const oneProcessor = 'the guests have one processor';

/** struct task_struct: what Linux knows of a thread. */
export const taskStruct: StructState = {
  name: 'task_struct',
  about: 'a thread',
  rows: [
    saved('comm', 'TASK', 'comes-back-tasks: limits'),
    saved(
      'exit_code',
      'TASK, of a zombie; of a task that is stopped the signal that did it',
      'comes-back-tasks: zombies',
      'comes-back-tasks: suspended',
    ),
    saved('exit_state', 'TASK: alive or a zombie', 'comes-back-tasks: zombies'),
    saved(
      'exit_signal',
      'TASK; another than SIGCHLD takes CAP_KILL to restore, unless the restarter has it already',
      'broken-image: a signal for its parent that a user may not send',
    ),
    saved('pdeath_signal', 'TASK_SIGNALS', 'comes-back-tasks: death-signal'),
    saved('personality', 'TASK_SIGNALS', 'comes-back-tasks: personality'),
    saved(
      'pid tgid',
      'TREE; the restart tool makes tasks that have them, with --pids or in a new pid namespace',
      'comes-back-pids: own-pid',
    ),
    saved(
      'parent real_parent children sibling group_leader thread_group',
      'TREE says who is whose child and thread; the restart tool forks in that order',
      'comes-back-tasks: tree',
      'comes-back-tasks: threads-below',
    ),
    saved(
      'real_parent[thread]',
      "TREE: which thread of its parent's has forked it; the kernel makes it that one's child",
      'comes-back-kept: threads-child',
    ),
    saved('clear_child_tid', 'TASK_SIGNALS', 'comes-back-tasks: threads'),
    saved('robust_list', 'TASK_SIGNALS', 'comes-back-pids: robust'),
    saved('blocked', 'TASK_SIGNALS', 'comes-back-signals: thread-signals'),
    saved(
      'saved_sigmask',
      'TASK_SIGNALS has it for the mask where a call waits with one of its own, which is made again',
      'comes-back-signals: sigsuspend',
    ),
    saved('pending', 'TASK_SIGNALS, and a BUFFER of details', 'comes-back-signals: thread-signals'),
    saved('sas_ss_sp sas_ss_size', 'TASK_SIGNALS', 'comes-back-signals: altstack'),
    saved(
      'policy',
      'TASK_SIGNALS: normal, batch or idle',
      'comes-back-kept: batch',
      'comes-back-kept: idle',
    ),
    saved('static_prio', 'TASK_SIGNALS, as a nice value', 'comes-back-tasks: all-limits'),
    refused('rt_priority', 'has a real-time policy', 'refusals: real-time'),
    derived('prio normal_prio sched_class', 'from policy and nice value'),
    saved('mm', 'TASK_OBJS: a shared object', 'comes-back-tasks: shared-all'),
    saved('files', 'TASK_OBJS: a shared object', 'comes-back-tasks: shared-all'),
    saved('fs', 'TASK_FS: a shared object', 'comes-back-tasks: place'),
    saved('nsproxy', 'TASK_NS: a shared object', 'comes-back-ipc: names'),
    saved('cred real_cred', 'CRED', 'comes-back-tasks: identity'),
    saved('sysvsem', 'TASK_UNDO: a shared object', 'comes-back-ipc: ipc-undo'),
    saved(
      'signal',
      'PROCESS_SIGNALS in the record of the first thread that lives; threads share it by being threads',
      'comes-back-signals: handlers',
      'as-a-set: records of a process',
    ),
    saved('sighand', 'PROCESS_SIGNALS; shared by threads only', 'comes-back-signals: handlers'),
    refused(
      'sighand[CLONE_SIGHAND]',
      'shares signal handlers with another process',
      'unusual-tasks: child-handlers',
    ),
    saved(
      'thread',
      'THREAD and CPU: see thread_struct',
      'self-restart: comes back from checkpoint with 0, and everything as it was',
    ),
    refused('ptrace ptrace_message last_siginfo', 'is ptraced', 'ptraced: frozen and ptraced'),
    derived('ptrace_entry', 'empty of a task that nobody traces, and that is the only one saved'),
    refused(
      'ptraced',
      'traces a task that is not in the tree',
      'ptraced: a tracer without whom it traces',
    ),
    refused(
      'vfork_done',
      'is not frozen: who waits in vfork() is not, and its child not without it',
      'vfork-parent: its group is FREEZING',
      'vfork-parent: its group is FROZEN',
    ),
    refused(
      'seccomp',
      'is confined by seccomp; who has a filter may not restart either',
      'refusals-guarded: strict',
      'restart-confined: under a seccomp filter, whatever it allows',
    ),
    derived(
      'pi_state_list',
      'who waits for a PI futex is sent off with a signal and calls again; the word has the owner by its tid',
      'comes-back-guarded: handed-on',
      'comes-back-guarded: inherited',
    ),
    indifferent('pi_state_cache', 'memory that is kept for the next one'),
    saved('io_context', 'TASK_SCHED: see io_context', 'comes-back-kept: io-priority'),
    saved(
      'timer_slack_ns default_timer_slack_ns',
      'TASK_SCHED: prctl(PR_SET_TIMERSLACK)',
      'comes-back-kept: timer-slack',
    ),
    lost('start_time', '/proc/PID/stat and ps have the restart for the beginning'),
    lost('utime stime gtime', usage, 'comes-back-losses: used-time'),
    lost(
      'nvcsw nivcsw min_flt maj_flt ioac',
      `${usage}; so do the counts in /proc/PID/status and io`,
    ),
    lost(
      'make_it_fail',
      '/proc/PID/make-it-fail is 0: faults that the kernel was told to have this task meet',
    ),
    lost(
      'cgroups',
      'tasks come back in the cgroup of the restarter: whoever was in several comes back in one, and limits are those of that one. The documentation does not say so',
    ),
    indifferent('cg_list', "links of the cgroup's list"),
    derived('stack usage tasks alloc_lock rcu', 'every task has its own'),
    derived('active_mm', 'mm, from its switch on'),
    indifferent('set_child_tid', 'written to when a task begins, which it has long done'),
    indifferent('real_blocked', `${atBoundary}; sigtimedwait() has taken it back`),
    indifferent(
      'in_execve pi_lock pi_waiters pi_blocked_on blocked_on journal_info bio_list reclaim_state backing_dev_info',
      atBoundary,
    ),
    indifferent('se rt pushable_tasks last_switch_count', scheduler),
    lost('se[sum_exec_runtime]', usage),
    indifferent(
      'softirqs_enabled softirq_context curr_chain_key lockdep_depth lockdep_recursion held_locks',
      lockdep,
    ),
    indifferent(
      'parent_exec_id self_exec_id',
      'they only turn an exit signal into SIGCHLD where parent or child have become another program since; one that is not SIGCHLD takes CAP_KILL here anyway',
    ),
    indifferent('splice_pipe', 'an empty pipe that sendfile() keeps for the next time'),
    derived(
      'flags[PF_USED_MATH|PF_NOFREEZE|PF_EXITING|PF_KTHREAD]',
      'every task has its own; the FPU is in CPU',
    ),
    indifferent(
      'flags[PF_SUPERPRIV|PF_DUMPCORE|PF_SIGNALED|PF_RANDOMIZE]',
      'for accounting, which is not configured, for who is about to die, or for the next exec, which sets it anew',
    ),

    ...only(
      'v2.6.30',
      indifferent('compat_robust_list', 'of 32-bit tasks, which are refused'),
      saved('state', 'TASK: running or stopped', 'comes-back-tasks: stopped-child'),
      saved('pids', 'TREE: pid, process group and session', 'comes-back-tasks: session'),
      saved(
        'did_exec',
        'TASK: whether its parent may still setpgid() it',
        'comes-back-kept: another-program',
      ),
      saved(
        'oomkilladj',
        'TASK_SCHED: /proc/PID/oom_adj; a lower one needs CAP_SYS_RESOURCE',
        'comes-back-kept: killed-late',
      ),
      uncased(oneProcessor, saved('cpus_allowed', pinned)),
      lost('real_start_time utimescaled stimescaled prev_utime prev_stime', usage),
      derived('cputime_expires cpu_timers', 'set with ITIMER_PROF, ITIMER_VIRTUAL and RLIMIT_CPU'),
      refused('cpu_timers[timer_create]', 'has posix timers', 'refusals: timer'),
      derived('stack_canary', "every task has its own; only the kernel's code uses it"),
      indifferent('fpu_counter', 'a guess whether the FPU is going to be used'),
      indifferent('binfmt', 'that of the restarter: programs are ELF here and there'),
      indifferent(
        'lock_depth cred_exec_mutex link_count total_link_count fs_excl bio_tail scm_work_list irqaction broken_holds',
        atBoundary,
      ),
      indifferent(
        'notifier notifier_data notifier_mask',
        "block_all_signals() of graphics drivers, which are not configured; a lock of theirs is a file that can't be saved",
      ),
      indifferent('audit_context', 'CONFIG_AUDIT is not set: always empty'),
      indifferent('dirties', 'how much it writes: a guess for throttling, which begins anew'),
      indifferent(
        'irq_events hardirqs_enabled hardirq_enable_ip hardirq_enable_event hardirq_disable_ip hardirq_disable_event softirq_disable_ip softirq_disable_event softirq_enable_ip softirq_enable_event hardirq_context lockdep_reclaim_gfp',
        lockdep,
      ),
    ),

    ...only(
      'v6.1',
      saved('__state', 'TASK: running or stopped', 'comes-back-tasks: stopped-child'),
      saved(
        'jobctl',
        'TASK: which signal has stopped it; a trap for a tracer is refused with the tracer',
        'comes-back-tasks: suspended',
      ),
      saved(
        'thread_pid pid_links thread_node',
        'TREE: pid, process group and session',
        'comes-back-tasks: session',
      ),
      saved('sched_reset_on_fork', 'TASK_SIGNALS', 'comes-back-habits: reset-on-fork'),
      saved('sas_ss_flags', 'TASK_SIGNALS: SS_AUTODISARM', 'comes-back-newer: disarming-stack'),
      saved('rseq rseq_sig', 'RSEQ', 'comes-back-newer: rseq'),
      derived(
        'rseq_event_mask',
        'set, so that the task leaves the sequence that it may be in',
        'comes-back-guarded: in-sequence',
        'comes-back-guarded: killed and restarted',
      ),
      refused('seccomp[filter]', 'is confined by seccomp', 'refusals-guarded: filter'),
      uncased(
        'a cookie takes two processors that are threads of one core: where there is no ACPI, the firmware tells the kernel of the first only',
        refused('core_cookie', 'has a core scheduling cookie'),
      ),
      indifferent('core_node core_occupation', scheduler),
      indifferent(
        'utask',
        'where it is in a probe, in which no task is frozen; one whose memory has probes is refused',
      ),
      saved(
        'restart_block',
        'RESTART_BLOCK; a call that it does not know is refused: is in a system call that is unknown',
        'comes-back-signals: nanosleep',
        'unusual-tasks: own-work',
      ),
      saved(
        'flags[PF_MEMALLOC_NOIO|PF_LOCAL_THROTTLE]',
        'TASK_SIGNALS: prctl(PR_SET_IO_FLUSHER)',
        'comes-back-habits: io-flusher',
      ),
      saved(
        'flags[PF_MCE_PROCESS|PF_MCE_EARLY]',
        'TASK_SIGNALS: prctl(PR_MCE_KILL)',
        'comes-back-habits: early-kill',
      ),
      saved(
        'flags[PF_FORKNOEXEC]',
        'TASK: whether its parent may still setpgid() it',
        'comes-back-kept: another-program',
      ),
      saved('atomic_flags[PFA_NO_NEW_PRIVS]', 'CRED_MORE', 'comes-back-newer: no-new-privs'),
      uncased(
        'no speculation can be limited where the kernel has no mitigations (CONFIG_CPU_MITIGATIONS is not set)',
        refused('atomic_flags[PFA_SPEC_*]', 'has its speculation limited'),
      ),
      indifferent('atomic_flags[PFA_SPREAD_*]', "cpusets', which are not configured: always 0"),
      refused('syscall_dispatch', 'is confined by syscall user dispatch', 'refusals: dispatch'),
      refused('ptracer_cred', 'is ptraced', 'ptraced: frozen and ptraced'),
      refused(
        'perf_event_ctxp perf_event_list',
        'file of anon_inodefs is not supported',
        'refusals: counter',
      ),
      indifferent('perf_event_mutex', atBoundary),
      uncased(oneProcessor, saved('cpus_mask cpus_ptr nr_cpus_allowed', pinned)),
      indifferent(
        'user_cpus_ptr',
        'only where some processors can run 32-bit programs and some can not: always empty on x86',
      ),
      lost(
        'sysvshm',
        'a segment has the restarter for its maker, who leaves it: with kernel.shm_rmid_forced set afterwards it is removed if nobody has it attached, be its maker alive',
      ),
      lost('start_boottime prev_cputime', usage),
      derived(
        'posix_cputimers posix_cputimers_work',
        'set with ITIMER_PROF, ITIMER_VIRTUAL and RLIMIT_CPU',
      ),
      lost(
        'fail_nth',
        '/proc/PID/fail-nth is 0: faults that the kernel was told to have this task meet',
      ),
      derived(
        'thread_info stack_refcount rcu_users worker_private frozen no_cgroup_migration frozen_held',
        'every task has its own',
      ),
      indifferent(
        'on_cpu wake_entry wakee_flips wakee_flip_decay_ts last_wakee recent_used_cpu wake_cpu on_rq dl stats migration_pending migration_disabled migration_flags sched_info pushable_dl_tasks sched_contributes_to_load sched_migrated sched_task_hot sched_remote_wakeup last_switch_time wake_q pi_top_task',
        scheduler,
      ),
      indifferent(
        'restore_sigmask user_dumpable in_iowait in_eventfd nameidata task_works non_block_count plug futex_exit_mutex futex_state kmap_ctrl task_state_change pagefault_disabled oom_reaper_list oom_reaper_timer trace_recursion',
        atBoundary,
      ),
      indifferent('rss_stat', 'counts of pages that are about to be added to those of the mm'),
      indifferent(
        'reported_split_lock l1d_flush_kill',
        'whether the log has been told, or a kill is under way',
      ),
      indifferent('tlb_ubc task_frag', 'what is left of a page, or of a flush, for the next time'),
      indifferent(
        'nr_dirtied nr_dirtied_pause dirty_paused_when',
        'how much it writes: a guess for throttling, which begins anew',
      ),
      indifferent('irqtrace hardirq_threaded hardirq_chain_key irq_config', lockdep),
    ),
  ],
};
