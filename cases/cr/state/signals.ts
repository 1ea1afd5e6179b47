import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved } from './rows.ts';

const usage =
  'counted anew, as the documentation says: times(), getrusage() and wait4() begin at zero, for children that were waited for as well';
const timers = 'has posix timers';

/** struct signal_struct: what Linux knows of a process. */
export const signalStruct: StructState = {
  name: 'signal_struct',
  about: 'a process',
  rows: [
    saved('shared_pending', 'PROCESS_SIGNALS, and a BUFFER of details', 'comes-back-sets: masked'),
    saved('rlim', 'PROCESS_SIGNALS', 'comes-back-tasks: all-limits'),
    saved('real_timer it_real_incr', 'PROCESS_SIGNALS', 'comes-back-signals: long-timers'),
    saved(
      'flags[SIGNAL_STOP_STOPPED]',
      'TASK: which signal has stopped it',
      'comes-back-tasks: suspended',
    ),
    saved('group_exit_code', 'TASK, of a zombie', 'comes-back-tasks: zombies'),
    derived('group_exit_code[stopped]', 'by the stop that it comes back with'),
    saved(
      'flags[SIGNAL_STOP_CONTINUED|SIGNAL_CLD_*]',
      'PROCESS_SIGNALS: what the parent knows of stops, but for the first task, whose parent is another one',
      'comes-back-kept: continued',
      'comes-back-kept: stop-told',
    ),
    derived(
      'flags[SIGNAL_UNKILLABLE]',
      'the init of a new pid namespace has it from clone()',
      'comes-back-container: tree',
    ),
    derived('live wait_chldexit', 'by the threads that come back'),
    derived('group_stop_count cputimer', 'by what it comes back with: a stop, a timer'),
    indifferent('curr_target', 'the thread that got the last signal; any may get the next'),
    indifferent('notify_count', 'only within exec and exit'),
    refused('posix_timers', timers, 'refusals: timer'),
    refused('tty', 'has a controlling terminal', 'refusals: terminal'),
    lost(
      'tty_old_pgrp',
      'a session whose terminal has hung up: when its leader ends, the group that was in front gets no SIGHUP',
    ),
    saved('leader', 'TREE: session and pid are one', 'comes-back-tasks: session'),
    lost('utime stime gtime cutime cstime cgtime sum_sched_runtime', usage),
    lost(
      'nvcsw nivcsw cnvcsw cnivcsw min_flt maj_flt cmin_flt cmaj_flt inblock oublock cinblock coublock ioac',
      usage,
    ),
    ...only(
      'v2.6.30',
      derived('count', 'by the threads that come back'),
      indifferent('group_exit_task', 'only within exec and exit'),
      saved('leader_pid', 'TREE', 'comes-back-tasks: tree'),
      saved(
        'it_prof_expires it_virt_expires it_prof_incr it_virt_incr',
        'PROCESS_SIGNALS',
        'comes-back-signals: work-timers',
      ),
      derived('cputime_expires cpu_timers', 'set with ITIMER_PROF, ITIMER_VIRTUAL and RLIMIT_CPU'),
    ),
    ...only(
      'v6.1',
      derived('sigcnt nr_threads quick_threads thread_head', 'by the threads that come back'),
      indifferent('multiprocess group_exec_task core_state', 'only within fork, exec and exit'),
      saved('is_child_subreaper', 'PROCESS_SIGNALS', 'comes-back-newer: subreaper'),
      derived(
        'has_child_subreaper',
        'from the ancestors, as prctl() does it',
        'comes-back-newer: subreaper',
      ),
      indifferent(
        'next_posix_timer_id',
        'a process with timers is refused, and the number of the next one is nobody’s',
      ),
      saved('it', 'PROCESS_SIGNALS', 'comes-back-signals: work-timers'),
      derived('posix_cputimers', 'set with ITIMER_PROF, ITIMER_VIRTUAL and RLIMIT_CPU'),
      saved('pids', 'TREE: process group and session', 'comes-back-tasks: session'),
      lost('prev_cputime maxrss cmaxrss', usage),
      derived('stats_lock cred_guard_mutex exec_update_lock', 'every process has its own'),
      indifferent('oom_flag_origin', 'only while swapoff() runs'),
      saved(
        'oom_score_adj oom_score_adj_min',
        'TASK_SCHED: /proc/PID/oom_score_adj; below the least that everybody may set needs CAP_SYS_RESOURCE',
        'comes-back-kept: killed-late',
      ),
      refused('oom_mm', 'is being killed, by anyone', 'frozen-signals: SIGKILL, count'),
    ),
  ],
};

/** struct sighand_struct. */
export const sighandStruct: StructState = {
  name: 'sighand_struct',
  about: 'what a process does about signals',
  rows: [
    saved('action', 'PROCESS_SIGNALS, a BUFFER', 'comes-back-signals: handlers'),
    refused(
      'count',
      'shares signal handlers with another process',
      'unusual-tasks: child-handlers',
    ),
    derived('siglock', 'every process has its own'),
    refused(
      'signalfd_wqh',
      'file of anon_inodefs is not supported: a signalfd',
      'refusals: signalfd',
    ),
  ],
};

/** struct sigaction. */
export const sigaction: StructState = {
  name: 'sigaction',
  about: 'what is done about a signal',
  rows: [
    saved(
      'sa_handler sa_flags sa_restorer sa_mask',
      'PROCESS_SIGNALS, a BUFFER; flags that user space can set',
      'comes-back-signals: handlers',
    ),
  ],
};

/** struct sigpending. */
export const sigpending: StructState = {
  name: 'sigpending',
  about: 'signals that wait to be taken',
  rows: [
    saved(
      'list',
      'a BUFFER of details',
      'comes-back-signals: queued',
      'comes-back-habits: many-queued',
    ),
    saved('signal', 'TASK_SIGNALS or PROCESS_SIGNALS', 'comes-back-signals: pending'),
  ],
};

/** struct sigqueue. */
export const sigqueue: StructState = {
  name: 'sigqueue',
  about: "a signal's details",
  rows: [
    saved('info', 'a BUFFER, field by field', 'comes-back-signals: queued'),
    ...only(
      'v6.1',
      saved(
        'info[rt_sigqueueinfo]',
        'with all bytes that its sender has filled',
        'comes-back-habits: more-details',
      ),
    ),
    ...only(
      'v2.6.30',
      lost(
        'info[rt_sigqueueinfo]',
        'bytes after si_value that the sender of rt_sigqueueinfo() has filled are 0',
      ),
    ),
    derived('list', 'by its place among the others'),
    derived(
      'flags',
      "a timer's own (SIGQUEUE_PREALLOC) is queued as one of its signal's copies, the timer being gone",
      'comes-back-sets: timer-gone',
    ),
    ...only('v2.6.30', derived('user', 'who restarts is charged')),
    ...only('v6.1', derived('ucounts', 'who restarts is charged')),
  ],
};

/** struct k_itimer. */
export const posixTimer: StructState = {
  name: 'k_itimer',
  about: 'a POSIX timer',
  rows: [
    refused(
      'list it_lock it_clock it_id it_overrun it_overrun_last it_requeue_pending it_sigev_notify it_signal it_pid it_process sigq it.real.timer it.cpu',
      timers,
      'refusals: timer',
    ),
    ...only(
      'v2.6.30',
      refused(
        'it.real.interval it.mmtimer.clock it.mmtimer.node it.mmtimer.incr it.mmtimer.expires',
        timers,
        'refusals: timer',
      ),
    ),
    ...only(
      'v6.1',
      refused(
        't_hash kclock it_active it_interval it.alarm.alarmtimer rcu',
        timers,
        'refusals: timer',
      ),
    ),
  ],
};

/** struct restart_block. */
export const restartBlock: StructState = {
  name: 'restart_block',
  about: 'how a system call goes on that a signal interrupted',
  rows: [
    saved(
      'fn',
      'RESTART_BLOCK: which call; one that is unknown is refused: is in a system call that is unknown',
      'comes-back-signals: nanosleep',
      'unusual-tasks: own-work',
    ),
    saved(
      'futex.uaddr futex.val futex.flags futex.bitset futex.time',
      'RESTART_BLOCK, with the time that is left',
      'comes-back-signals: futex',
    ),
    saved(
      'nanosleep.rmtp nanosleep.expires',
      'RESTART_BLOCK',
      'comes-back-signals: sleep-relative',
    ),
    saved(
      'poll.ufds poll.nfds poll.has_timeout poll.tv_sec poll.tv_nsec',
      'RESTART_BLOCK, with the time that is left',
      'comes-back-signals: poll',
    ),
    ...only(
      'v2.6.30',
      saved('nanosleep.index', 'RESTART_BLOCK: which clock', 'comes-back-signals: sleep-relative'),
      refused(
        'arg0 arg1 arg2 arg3',
        'is in a system call that is unknown: only sleeps on processor time use them',
        'unusual-tasks: own-work',
      ),
      indifferent('nanosleep.compat_rmtp', 'of 32-bit tasks, which are refused'),
    ),
    ...only(
      'v6.1',
      saved(
        'nanosleep.clockid nanosleep.type',
        'RESTART_BLOCK',
        'comes-back-signals: sleep-relative',
      ),
      indifferent('nanosleep.compat_rmtp arch_data', 'of 32-bit tasks, which are refused'),
      indifferent('futex.uaddr2', 'nothing that goes on has two futexes'),
    ),
  ],
};

/** struct rlimit. */
export const rlimit: StructState = {
  name: 'rlimit',
  about: 'a limit of a process',
  rows: [saved('rlim_cur rlim_max', 'PROCESS_SIGNALS', 'comes-back-tasks: all-limits')],
};

/** struct cpu_itimer. */
export const cpuTimer: StructState = {
  name: 'cpu_itimer',
  about: 'ITIMER_VIRTUAL or ITIMER_PROF',
  rows: [
    ...only('v6.1', saved('expires incr', 'PROCESS_SIGNALS', 'comes-back-signals: work-timers')),
  ],
};
