import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved, uncased } from './rows.ts';

const switching = 'where the kernel goes on when the task is switched to';
const everything = 'self-restart: comes back from checkpoint with 0, and everything as it was';

/** struct thread_struct, of x86_64. */
export const threadStruct: StructState = {
  name: 'thread_struct',
  about: "a thread's processor state",
  rows: [
    saved('tls_array', 'THREAD', everything),
    saved('es ds fsindex gsindex', 'CPU', everything),
    indifferent(
      'cr2 error_code',
      'of the last fault: it has been told of by the signal that it sent',
    ),
    derived('sp', switching),
    ...only(
      'v2.6.30',
      saved('fs gs', 'CPU: the bases', everything),
      saved(
        'debugreg0 debugreg1 debugreg2 debugreg3 debugreg6 debugreg7',
        'CPU',
        'comes-back-kept: watchpoint',
      ),
      saved('xstate', 'CPU_FPU', 'comes-back-memory: vectors', 'comes-back-memory: x87'),
      refused(
        'io_bitmap_ptr io_bitmap_max iopl',
        'has access to i/o ports',
        'unsupported-tasks: access to i/o ports',
      ),
      derived('sp0 usersp ip', switching),
      indifferent('trap_no', 'of the last fault: it has been told of by the signal that it sent'),
      indifferent('debugctlmsr', 'a tracer steps by branches; without one it is 0'),
    ),
    ...only(
      'v6.1',
      saved('fsbase gsbase', 'CPU: the bases', everything),
      saved('ptrace_bps virtual_dr6 ptrace_dr7', 'CPU', 'comes-back-kept: watchpoint'),
      saved('fpu', 'CPU_FPU: see fpu', 'comes-back-memory: vectors', 'comes-back-memory: x87'),
      saved(
        'pkru',
        'CPU_FPU',
        'comes-back-guarded: rights',
        'hostile-registers: no right to any memory, by protection keys',
      ),
      refused(
        'io_bitmap iopl_emul',
        'has access to i/o ports',
        'unsupported-tasks: access to i/o ports',
      ),
      indifferent('iopl_warn', 'whether the log has been told'),
      indifferent('trap_nr', 'of the last fault: it has been told of by the signal that it sent'),
    ),
  ],
};

/** struct fpu. */
export const fpu: StructState = {
  name: 'fpu',
  about: "a thread's FPU",
  rows: [
    ...only(
      'v6.1',
      saved(
        'fpstate __fpstate',
        'CPU_FPU, in the format of signal frames',
        'comes-back-memory: vectors',
        'comes-back-memory: fpu',
      ),
      derived(
        '__task_fpstate',
        'where its state is while a guest of KVM runs in it: only within a call',
      ),
      lost(
        'perm',
        'arch_prctl(ARCH_REQ_XCOMP_PERM): a program that was allowed the tiles of AMX gets SIGILL at the next one. No processor of QEMU has them',
      ),
      indifferent('guest_perm', 'for guests of KVM, whose files are refused'),
      indifferent('last_cpu avx512_timestamp', 'where it ran, and what with'),
    ),
  ],
};

/** struct pt_regs, of x86_64. */
export const registers: StructState = {
  name: 'pt_regs',
  about: 'registers of user mode',
  rows: [
    saved(
      'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip sp',
      'CPU',
      everything,
      'frozen-task: the registers are those of user mode',
    ),
    saved('flags', 'CPU: what user mode can set', everything),
    saved('cs ss', 'CPU', everything),
    uncased(
      'to have others takes an LDT, which v6.1 refuses itself, and code of one',
      refused('cs[other]', 'has unsupported segments'),
    ),
    ...only(
      'v2.6.30',
      refused('flags[IOPL]', 'has access to i/o ports', 'unsupported-tasks: access to i/o ports'),
    ),
  ],
};

/** struct thread_info, of x86_64. */
export const threadInfo: StructState = {
  name: 'thread_info',
  about: 'what the entry code looks at',
  rows: [
    refused(
      'flags[TIF_NOTSC]',
      'may not read the time stamp counter',
      'unusual-tasks: time-stamps',
    ),
    derived('flags', 'by what the task has: breakpoints, i/o ports, pending signals'),
    derived('cpu', "the scheduler's"),
    ...only(
      'v2.6.30',
      refused('flags[TIF_SECCOMP]', 'is confined by seccomp', 'refusals-guarded: strict'),
      refused(
        'flags[TIF_IA32]',
        'runs in 32-bit mode',
        'unsupported-tasks: a program of 32 bits on a kernel of 64',
      ),
      saved(
        'status',
        'TS_RESTORE_SIGMASK: TASK_SIGNALS has the mask that is restored',
        'comes-back-signals: sigsuspend',
      ),
      saved('restart_block', 'RESTART_BLOCK', 'comes-back-signals: nanosleep'),
      derived('task preempt_count addr_limit', 'every thread has its own'),
      indifferent(
        'exec_domain',
        'modules for programs of other systems, of which the configuration has none',
      ),
      indifferent(
        'sysenter_return uaccess_err',
        'only within an entry of a 32-bit task, or a fault',
      ),
    ),
    ...only(
      'v6.1',
      uncased(
        'the configuration has no 32-bit tasks, and no mitigations to limit speculation with; QEMU shows no processor that can keep its kind to itself',
        refused(
          'flags[TIF_ADDR32|TIF_NOCPUID|TIF_SPEC_*]',
          "runs in 32-bit mode; may not ask for the processor's kind; has its speculation limited",
        ),
      ),
      derived('status', 'of 32-bit tasks, which are refused'),
      refused(
        'syscall_work',
        'is confined by seccomp, or by syscall user dispatch',
        'refusals: dispatch',
        'refusals-guarded: filter',
      ),
    ),
  ],
};
