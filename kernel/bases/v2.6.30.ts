import type { Base } from '../base.ts';

/** Linux 2.6.30 of June 2009, on compilers sixteen years younger. */
export const v2_6_30: Base = {
  name: 'v2.6.30',
  release: '2.6.30',
  architecture: 'x86_64',
  source: {
    kind: 'git-tree',
    treeId: '0cea46e43f0625244c3d06a71d6559e5ec5419ca',
    tag: 'v2.6.30',
    urls: ['xz', 'bz2', 'gz'].map(
      (form) => `https://cdn.kernel.org/pub/linux/kernel/v2.6/linux-2.6.30.tar.${form}`,
    ),
  },
  // Through CC, because the real-mode and the decompressor makefiles ignore KCFLAGS.
  compiler: [
    'gcc',
    // The language of gcc 4, and the one that 2.6.30's inline functions mean. Since gcc 15 the
    // default is C23, where bool, true and false are keywords: stddef.h and types.h define them.
    '-std=gnu89',
    // An error since gcc 14. The decompressor calls its own functions before it declares them;
    // the kernel proper makes it an error again by itself.
    '-Wno-error=implicit-function-declaration',
    // Distributions build position-independent by default; the kernel's code model cannot.
    '-fno-pie',
    '-no-pie',
    // On by default in some distributions; the boot code has no __stack_chk_fail.
    '-fno-stack-protector',
    // Adds a note section to the 16-bit boot code, which then no longer fits its layout.
    '-fcf-protection=none',
    // The decompressor gets none of the kernel's own flags, is vectorised and runs before
    // the FPU is on: the guest triple-faults without a word.
    '-mno-sse',
    '-mno-mmx',
    '-mno-sse2',
    '-mno-80387',
    // sched_slice() uses a variable of an inner block after its end; without this flag
    // gcc 12 drops the stores and new tasks get a garbage weight.
    '-fstack-reuse=none',
  ],
  hostCompiler: [
    'gcc',
    // As above.
    '-std=gnu89',
  ],
  makeVariables: {
    ARCH: 'x86_64',
    // The makefiles' probes use `echo -e`, which dash prints.
    SHELL: '/bin/bash',
    CONFIG_SHELL: '/bin/bash',
    // Since make 4.3 a number sign inside a function call needs no backslash: 2.6.30's own
    // definition saves commands cut short, and every object looks as if its had changed.
    pound: '#',
    'make-cmd': '$(call escsq,$(subst $(pound),$$(pound),$(subst $$,$$$$,$(cmd_$(1)))))',
    // What `uname -v` says: the same in every build.
    KBUILD_BUILD_VERSION: '1',
    KBUILD_BUILD_TIMESTAMP: 'Wed Jun 10 00:00:00 UTC 2009',
    KBUILD_BUILD_USER: 'lab',
    KBUILD_BUILD_HOST: 'cr-lab',
  },
  pinnedCommands: {
    // scripts/mkcompile_h of 2.6.30 has no variables for these.
    date: "echo 'Wed Jun 10 00:00:00 UTC 2009'",
    whoami: 'echo lab',
    hostname: 'echo cr-lab',
    dnsdomainname: 'echo localdomain',
    domainname: 'echo localdomain',
    // It writes its input's date into the compressed kernel.
    gzip: 'PATH=${PATH#*:} exec gzip -n "$@"',
  },
  pinnedTime: {
    seconds: 1_244_592_000,
    objects: {
      // The built-in initramfs carries the time it was made at.
      'gen_init_cpio.o': '',
      // So does autoconf.h, which every object includes: ccache would have to preprocess
      // each. The flag is the makefile's own.
      'zconf.tab.o': '-I$(src)',
    },
  },
  objects: 630,
  config: {
    start: 'allnoconfig',
    settle: 'oldconfig',
    fragments: ['boot', 'guest', 'cr', 'debug'],
  },
  guest: {
    commandLine: [
      'console=ttyS0',
      // Reboot, that is leave QEMU, a second after a panic. 2.6.30 ignores values below 1.
      'panic=1',
      // The delay loop is calibrated against an emulated clock; when it comes out short,
      // the timer check gives up and panics ("IO-APIC + timer doesn't work").
      'no_timer_check',
    ],
    memory: 128,
    cpus: 1,
    // Older than 2.6.30 itself, so there is no feature that it misreads.
    cpu: { tcg: 'qemu64', kvm: 'qemu64' },
  },
  // The first two free numbers: 296 is pwritev on x86_64.
  syscalls: { checkpoint: 297, restart: 298 },
};
