import type { StructState } from '../../../harness/project.ts';
import { derived, indifferent, lost, only, refused, saved, uncased } from './rows.ts';

const counts = 'counted as mappings are made and pages come';
const own = 'every address space has its own';
const peak = 'VmPeak and VmHWM in /proc/PID/status and ru_maxrss begin anew';

/** struct mm_struct. */
export const mmStruct: StructState = {
  name: 'mm_struct',
  about: 'an address space',
  rows: [
    saved(
      'start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start env_end',
      'MM',
      'comes-back-memory: brk-shrunk',
      'self-restart: a core dump would hold what the image says, as the next image tells',
    ),
    saved('map_count', 'MM, and so many VMA', 'comes-back-memory: many-mappings'),
    saved(
      'saved_auxv',
      'a BUFFER after the mappings: /proc/PID/auxv',
      'broken-image: an auxiliary vector without its end',
      'comes-back-programs: shell',
    ),
    saved('exe_file', 'MM: a shared object', 'comes-back-programs: shell'),
    saved(
      'flags[dumpable]',
      'TASK_SIGNALS; never more than the restarter has',
      'comes-back-tasks: undumpable',
    ),
    saved(
      'flags[dump_filter]',
      'MM_FLAGS: /proc/PID/coredump_filter',
      'self-restart: a core dump would hold what the image says, as the next image tells',
      'broken-image: more kinds of mappings in a core dump than there are',
    ),
    saved('def_flags', 'MM_FLAGS: mlockall(MCL_FUTURE)', 'comes-back-memory: future'),
    saved('context', 'see mm_context_t', 'comes-back-programs: shell'),
    derived(
      'pgd',
      'by the pages that are private (PGARR) and by faults',
      'comes-back-memory: heap',
    ),
    saved('mm_users', 'who shares it: TASK_OBJS', 'comes-back-tasks: shared-all'),
    derived('mm_count page_table_lock mmlist ioctx_lock', own),
    derived('total_vm locked_vm exec_vm stack_vm', counts),
    lost('hiwater_rss hiwater_vm', peak),
    saved(
      'mmap_base get_unmapped_area',
      'MM_LAYOUT: where mappings to come are put',
      'comes-back-kept: from-below',
    ),
    derived('task_size', 'the same for all 64-bit tasks; 32-bit ones are refused'),
    ...only(
      'v2.6.30',
      saved('mmap mm_rb mmap_cache', 'VMA', 'comes-back-memory: many-mappings'),
      derived('unmap_area', 'from get_unmapped_area'),
      indifferent('free_area_cache cached_hole_size', 'where the next search for room begins'),
      derived('mmap_sem nr_ptes cpu_vm_mask', own),
      derived('_file_rss _anon_rss shared_vm reserved_vm', counts),
      derived('num_exe_file_vmas', 'by the mappings of exe_file that MAP_EXECUTABLE makes'),
      indifferent('core_state', 'only while it dumps core, in which no task is frozen'),
      indifferent(
        'faultstamp token_priority last_interval',
        'who gets the swap token: a guess that begins anew',
      ),
      refused('ioctx_list', 'has contexts of asynchronous i/o', 'refusals: aio'),
    ),
    ...only(
      'v6.1',
      saved('mm_mt', 'VMA', 'comes-back-memory: many-mappings'),
      saved('mmap_legacy_base', 'MM_LAYOUT', 'comes-back-kept: from-below'),
      saved(
        'flags[MMF_DISABLE_THP]',
        'MM_FLAGS: prctl(PR_SET_THP_DISABLE)',
        'comes-back-habits: small-pages',
      ),
      saved(
        'def_flags[VM_LOCKONFAULT]',
        'MM_FLAGS: mlockall(MCL_ONFAULT)',
        'comes-back-habits: lock-on-fault',
      ),
      refused('uprobes_state flags[MMF_HAS_UPROBES]', 'has uprobes', 'refusals-guarded: probe'),
      saved('membarrier_state', 'MM_FLAGS', 'comes-back-habits: barrier'),
      refused('ioctx_table', 'has contexts of asynchronous i/o', 'refusals: aio'),
      derived('pgtables_bytes data_vm rss_stat hugetlb_usage', counts),
      derived('mmap_lock arg_lock write_protect_seq cpu_bitmap async_put_work', own),
      derived('futex_unique_id', 'given when it is asked for; only futexes that wait know it'),
      uncased(
        'no case pins pages for a device',
        refused(
          'pinned_vm',
          'what pins pages is a file of a device or of anon_inodefs, of which none is supported',
        ),
      ),
      indifferent('binfmt', 'that of the restarter: programs are ELF here and there'),
      derived('user_ns', "the restarter's: tasks in another one are refused"),
      indifferent('tlb_flush_pending tlb_flush_batched', 'only while mappings change'),
    ),
  ],
};

/** mm_context_t, of x86. */
export const mmContext: StructState = {
  name: 'mm_context_t',
  about: 'what the processor knows of an address space',
  rows: [
    saved(
      'vdso',
      'MM_CONTEXT; the mapping is made again where it was',
      'vdso: the kernel is told that it was where it was',
      'comes-back-memory: count',
    ),
    derived('lock', 'every address space has its own'),
    ...only('v2.6.30', saved('ldt size', 'MM_CONTEXT_LDT', 'comes-back-memory: descriptor-table')),
    ...only(
      'v6.1',
      refused('ldt', 'has an LDT', 'unusual-tasks: descriptors'),
      derived('vdso_image', 'the only one: 32-bit tasks are refused'),
      derived(
        'ctx_id tlb_gen next_trim_cpumask ldt_usr_sem flags',
        'every address space has its own',
      ),
      refused('pkey_allocation_map', 'has protection keys', 'refusals-guarded: key'),
      refused(
        'execute_only_pkey',
        'mapping is under a protection key; without one the next mapping takes another',
        'refusals-guarded: unreadable',
      ),
      refused(
        'perf_rdpmc_allowed',
        'a perf event that is mapped: file of anon_inodefs is not supported',
        'refusals: counter',
      ),
    ),
  ],
};

/** struct vm_area_struct. */
export const vmArea: StructState = {
  name: 'vm_area_struct',
  about: 'a mapping',
  rows: [
    saved('vm_start vm_end', 'VMA', 'comes-back-memory: holes'),
    saved(
      'vm_pgoff',
      'VMA, of a file; elsewhere nobody can tell',
      'comes-back-memory: file-private',
    ),
    saved('vm_file', 'VMA: a shared object', 'comes-back-memory: file-private'),
    saved(
      'vm_flags[VM_READ|VM_WRITE|VM_EXEC|VM_SHARED|VM_MAYSHARE]',
      'VMA',
      'comes-back-memory: protections',
    ),
    saved('vm_flags[VM_GROWSDOWN]', 'VMA', 'comes-back-memory: stack-growth'),
    saved('vm_flags[VM_LOCKED]', 'VMA', 'comes-back-memory: locked'),
    saved('vm_flags[VM_NORESERVE]', 'VMA; only v6.1 tells of it', 'comes-back-kept: flagged'),
    saved(
      'vm_flags[VM_RAND_READ|VM_SEQ_READ]',
      'VMA: madvise()',
      'advice: advice is what it was after a restart',
    ),
    saved(
      'vm_flags[VM_DONTCOPY]',
      'VMA: madvise(MADV_DONTFORK)',
      'comes-back-kept: kept-from-children',
    ),
    derived('vm_flags[VM_MAY*|VM_ACCOUNT]', 'by mmap(), from how the file is open'),
    refused('vm_flags[VM_HUGETLB]', 'mapping is of huge pages', 'refusals: huge'),
    refused('vm_flags[VM_IO|VM_PFNMAP|VM_MIXEDMAP]', 'mapping is of a device', 'refusals: device'),
    derived('vm_page_prot', 'VMA has it, but nobody believes it: from vm_flags'),
    derived('vm_mm vm_ops vm_private_data', 'by what is mapped'),
    lost(
      'anon_vma',
      'pages that parent and child have in common since fork(), and neither has written to, are in the image once for each, and are two afterwards: the memory of a tree may double, and with it may go what it is allowed',
    ),
    ...only(
      'v2.6.30',
      derived('vm_next vm_rb', 'by the order of addresses'),
      refused(
        'shared.vm_set.list shared.vm_set.parent shared.vm_set.head',
        'mapping is nonlinear; else links of its file',
        'refusals: nonlinear',
      ),
      derived('shared.prio_tree_node anon_vma_node', 'links of its file or of its pages'),
      indifferent('vm_truncate_count', 'only while its file is cut'),
      saved(
        'vm_flags[VM_EXECUTABLE|VM_DENYWRITE]',
        'VMA; of the file that the task runs only: nobody else may write to that',
        'comes-back-kept: busy',
      ),
      refused('vm_flags[VM_NONLINEAR]', 'mapping is nonlinear', 'refusals: nonlinear'),
    ),
    ...only(
      'v6.1',
      derived(
        'shared.rb shared.rb_subtree_last anon_vma_chain',
        'links of its file or of its pages',
      ),
      saved('vm_flags[VM_LOCKONFAULT]', 'VMA', 'comes-back-habits: lock-on-fault'),
      saved('vm_flags[VM_DONTDUMP|VM_WIPEONFORK]', 'VMA: madvise()', 'comes-back-kept: flagged'),
      indifferent(
        'vm_flags[VM_HUGEPAGE|VM_NOHUGEPAGE|VM_MERGEABLE|VM_SOFTDIRTY]',
        'madvise() and /proc/PID/clear_refs set none of these as the kernel is configured. Where it has transparent huge pages or KSM they would be lost',
      ),
      refused(
        'vm_userfaultfd_ctx vm_flags[VM_UFFD_*]',
        'mapping is watched by a userfaultfd',
        'refusals-guarded: watched',
      ),
      refused(
        'vm_flags[VM_PKEY_*]',
        'mapping is under a protection key',
        'refusals-guarded: locked',
        'refusals-guarded: unreadable',
      ),
      indifferent(
        'anon_name',
        'prctl(PR_SET_VMA_ANON_NAME) is not configured: always empty. Where it is, names would be lost',
      ),
      indifferent('swap_readahead_info', 'a guess what is going to be read'),
    ),
  ],
};
