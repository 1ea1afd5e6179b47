import { architectures, toolFor, type ArchitectureName } from '../../harness/core/architectures.ts';
import type { Base } from '../base.ts';

/** Something that kernels of an age need, and why. */
export interface Row<T> {
  /** The first version it holds for: `2.6.31`; without it, from the oldest one on. */
  readonly from?: string;
  /** The first version it holds for no more. */
  readonly until?: string;
  /** The architectures it holds for; without it, all. */
  readonly on?: readonly ArchitectureName[];
  readonly value: T;
  readonly because: string;
}

/** Where the tables change from a kernel of 2009 to one of today: none in between was tried. */
const modern = '4.17';

const x86: readonly ArchitectureName[] = ['x86_64', 'i386'];

/** What make is given as CC after gcc itself: the real-mode and the decompressor makefiles of old kernels ignore KCFLAGS. */
export const compilerFlags: readonly Row<readonly string[]>[] = [
  {
    until: '3.18',
    value: ['-std=gnu89'],
    because:
      "the language of gcc 4, which these kernels don't name: since gcc 15 the default is C23, where bool, true and false are keywords; since gcc 5 extern inline functions in headers (tty_port_users of 2.6.31) are defined in every object",
  },
  {
    until: '3.18',
    value: ['-Wno-error=implicit-function-declaration'],
    because:
      'an error since gcc 14: the decompressor calls its own functions before it declares them; the kernel proper makes it an error again by itself',
  },
  {
    until: '4.9',
    value: ['-fno-pie', '-no-pie'],
    because: "distributions build position-independent by default; the kernel's code model cannot",
  },
  {
    until: modern,
    value: ['-fno-stack-protector'],
    because: 'on by default in some distributions; the boot code has no __stack_chk_fail',
  },
  {
    until: '5.11',
    on: x86,
    value: ['-fcf-protection=none'],
    because:
      'adds a note section to the 16-bit boot code, which then no longer fits its layout; later kernels say so themselves',
  },
  {
    until: modern,
    on: x86,
    value: ['-mno-sse', '-mno-mmx', '-mno-sse2', '-mno-80387'],
    because:
      "the decompressor gets none of the kernel's own flags, is vectorised and runs before the FPU is on: the guest triple-faults without a word",
  },
  {
    until: modern,
    value: ['-fstack-reuse=none'],
    because:
      'sched_slice() of 2.6.30 uses a variable of an inner block after its end; gcc 12 drops the stores and new tasks get a garbage weight. Nobody has looked for others of the kind',
  },
  {
    from: '2.6.31',
    until: '3.0',
    value: ['-Wno-unused-but-set-variable'],
    because:
      'macros set variables that most users never look at: hundreds of lines since gcc 4.6. 2.6.30 has a patch for it',
  },
];

/** What HOSTCC is given after gcc itself. */
export const hostFlags: readonly Row<readonly string[]>[] = [
  { until: '3.18', value: ['-std=gnu89'], because: 'host programs are as old as the kernel' },
];

/** Patches of patches/v2.6.30/toolchain, by the beginning of their names. */
export const toolchainPatches: readonly Row<string>[] = [
  { until: '2.6.36', value: '0001', because: 'the compiler header is chosen by gcc 4 only' },
  { until: '2.6.36', value: '0002', because: 'perl 5.22 refuses defined(@array)' },
  {
    until: '2.6.36',
    on: x86,
    value: '0003',
    because: 'the compiler driver refuses -m elf_x86_64 and -m elf_i386',
  },
  { until: '2.6.36', value: '0004', because: 'a warning in every file drowns all others' },
  {
    until: '2.6.31',
    value: '0005',
    because: 'a warning for each use of a macro; later makefiles differ there, a flag serves them',
  },
  {
    until: '2.6.36',
    on: ['i386'],
    value: '0006',
    because: 'gcc refuses a declaration without regparm of what is defined with it',
  },
  {
    until: '2.6.36',
    on: ['i386'],
    value: '0007',
    because: 'a warning in every file that switches the FPU',
  },
];

/** Variables on make's command line. Who, where, when and how often: the same in every build. */
export const makeVariables: readonly Row<readonly (readonly [string, string])[]>[] = [
  {
    until: modern,
    value: [
      ['SHELL', '/bin/bash'],
      ['CONFIG_SHELL', '/bin/bash'],
    ],
    because: "the makefiles' probes use `echo -e`, which dash prints",
  },
  {
    until: modern,
    value: [
      ['pound', '#'],
      ['make-cmd', '$(call escsq,$(subst $(pound),$$(pound),$(subst $$,$$$$,$(cmd_$(1)))))'],
    ],
    because:
      "since make 4.3 a number sign inside a function call needs no backslash: the makefiles' own definition saves commands cut short, and every object looks as if its had changed",
  },
  {
    until: modern,
    value: [['quiet', 'quiet_']],
    because:
      'the makefile takes any s in MAKEFLAGS for `make -s`; since make 4.4 the long options and the variables stand there too, and nothing would say what is compiled',
  },
  { value: [['KBUILD_BUILD_VERSION', '1']], because: 'uname -v says how often it was built' },
  {
    from: '2.6.35',
    value: [['LOCALVERSION', '']],
    because: "scripts/setlocalversion asks the tree's git otherwise: `-dirty`, `-00012-g…`, `+`",
  },
];

/**
 * What gcc is told of single objects, as variables of make's: whose debugging information holds
 * every struct that they use.
 */
export const typedObjects: readonly Row<readonly (readonly [string, string])[]>[] = [
  {
    from: modern,
    value: ['fork.o', 'namespace.o', 'signal.o'].map(
      (object) => [`CFLAGS_${object}`, '-femit-struct-debug-detailed=any'] as const,
    ),
    because:
      'with CONFIG_DEBUG_INFO_REDUCED a struct is left out wherever its header is not named as the C file is, and so task_struct everywhere. These use all that hangs on a task; clang leaves nothing out',
  },
];

/** The first release that the lab builds with clang, and what make is told there. */
export const clang: { readonly from: string } & Row<readonly (readonly [string, string])[]> = {
  from: '6.1',
  value: [['LLVM', '1']],
  because:
    "LLVM's linker and binutils in place of GNU's as well, for the kernel and for its host programs. The makefiles know it since 5.7; nothing older than 6.1 was tried",
};

/** Programs that would make two builds differ, and the line of shell that replaces each. */
export const pinnedCommands: readonly Row<(built: Built) => Readonly<Record<string, string>>>[] = [
  {
    until: '2.6.39',
    value: ({ words }) => ({
      date: `echo '${words}'`,
      whoami: 'echo lab',
      hostname: 'echo cr-lab',
      dnsdomainname: 'echo localdomain',
      domainname: 'echo localdomain',
    }),
    because: 'scripts/mkcompile_h has no variables for these',
  },
  {
    until: '3.0',
    value: () => ({ gzip: 'PATH=${PATH#*:} exec gzip -n "$@"' }),
    because: "it writes its input's date into the compressed kernel",
  },
];

/** Objects of the build's host programs that see a fixed time, and the flags each needs besides. */
export const timedObjects: readonly Row<Readonly<Record<string, string>>>[] = [
  {
    until: '3.0',
    value: { 'gen_init_cpio.o': '' },
    because: 'the built-in initramfs carries the time it was made at',
  },
  {
    until: '3.0',
    value: { 'zconf.tab.o': '-I$(src)' },
    because:
      "so does autoconf.h, which every object includes: ccache would have to preprocess each. The flag is the makefile's own",
  },
];

/** How an old .config is made whole. */
export const settling: readonly Row<Base['config']['settle']>[] = [
  { until: '3.7', value: 'oldconfig', because: 'there is no olddefconfig' },
  { from: '3.7', value: 'olddefconfig', because: 'asks nothing' },
];

/** Whose fragments in kernel/config serve an age. */
export const fragmentFolders: readonly Row<string>[] = [
  { until: modern, value: 'v2.6.30', because: 'all its symbols are in 2.6.32 and 2.6.34' },
  { from: modern, value: 'v6.1', because: 'JAILHOUSE_GUEST, by which it has its clock, came here' },
];

export const commandLine: readonly Row<string>[] = [
  {
    until: '3.1',
    value: 'panic=1',
    because: 'reboot, that is leave QEMU, a second after a panic: values below 1 are ignored',
  },
  { from: '3.1', value: 'panic=-1', because: 'reboot as soon as it has panicked' },
  {
    from: modern,
    on: x86,
    value: 'pmtmr=0x608',
    because:
      "where SeaBIOS puts the PM timer of QEMU's pc machine. Without ACPI nobody else says so, and the clock would be the tick: sleeps of 1 ms take 10",
  },
  {
    from: modern,
    on: x86,
    value: 'tsc=unstable',
    because: "TCG's time stamp counter is the host's; its calibration depends on the host's load",
  },
  {
    on: x86,
    value: 'no_timer_check',
    because:
      'the delay loop is calibrated against an emulated clock; when it comes out short, the check of the timer gives up and panics ("IO-APIC + timer doesn\'t work")',
  },
];

export const processors: readonly Row<Base['guest']['cpu']>[] = [
  {
    until: modern,
    on: ['x86_64'],
    value: { tcg: 'qemu64', kvm: 'qemu64' },
    because: 'older than the kernel, so there is no feature that it misreads',
  },
  {
    until: modern,
    on: ['i386'],
    value: { tcg: 'qemu32', kvm: 'qemu32' },
    because: 'the same without long mode, which a 32-bit kernel of 2009 has no use for',
  },
  {
    from: modern,
    on: x86,
    value: { tcg: 'max', kvm: 'host' },
    because:
      'qemu64 has FXSAVE only; max has XSAVE with AVX and protection keys, and boots as fast',
  },
  {
    on: ['arm64'],
    value: { tcg: 'cortex-a57', kvm: 'host' },
    because:
      "what CI's runners were first made of; TCG is slow at the pointer authentication of max",
  },
];

/** MiB of the guest. */
export const memory: readonly Row<number>[] = [
  { until: modern, value: 128, because: 'what it takes, and what was usual' },
  { from: modern, value: 256, because: 'the kernel itself is three times as large' },
];

/** Roughly how many C files a full build compiles. */
export const objects: readonly Row<number>[] = [
  { until: modern, value: 630, because: 'counted on 2.6.30' },
  { from: modern, value: 960, because: 'counted on 6.1' },
];

/** When a kernel says that it was built: the same in every build. */
export interface Built {
  /** As `date` prints it. */
  readonly words: string;
  /** The same since 1970. */
  readonly seconds: number;
}

/** What a kernel's age asks for: all of a base but its name, its source and its fragments. */
export interface Age {
  readonly base: Pick<
    Base,
    | 'compiler'
    | 'hostCompiler'
    | 'makeVariables'
    | 'pinnedCommands'
    | 'pinnedTime'
    | 'objects'
    | 'guest'
  >;
  readonly config: Pick<Base['config'], 'start' | 'settle'>;
  /** Whose fragments in kernel/config serve it. */
  readonly fragmentFolder: string;
  /** Names of the toolchain's patches begin with these. */
  readonly toolchain: readonly string[];
}

/** Returns what the age of a release asks for on an architecture: `2.6.32`, `6.12`. */
export function ageOf(
  release: string,
  built: Built,
  architecture: ArchitectureName = 'x86_64',
): Age {
  const rows = <T>(table: readonly Row<T>[]): T[] => at(table, release, architecture);
  const one = <T>(table: readonly Row<T>[]): T => theOne(table, release, architecture);
  const timed = Object.assign({}, ...rows(timedObjects)) as Readonly<Record<string, string>>;
  const pinned = rows(pinnedCommands).map((commandsOf) => commandsOf(built));
  const { kernel, machine, target } = architectures[architecture];
  return {
    base: {
      compiler: [toolFor(architecture, 'gcc'), ...rows(compilerFlags).flat()],
      hostCompiler: ['gcc', ...rows(hostFlags).flat()],
      makeVariables: {
        ARCH: kernel.arch,
        ...(target === undefined ? {} : { CROSS_COMPILE: `${target}-` }),
        ...Object.fromEntries([...rows(makeVariables), ...rows(typedObjects)].flat()),
        KBUILD_BUILD_TIMESTAMP: built.words,
        KBUILD_BUILD_USER: 'lab',
        KBUILD_BUILD_HOST: 'cr-lab',
      },
      pinnedCommands: Object.assign({}, ...pinned) as Readonly<Record<string, string>>,
      pinnedTime: {
        seconds: Object.keys(timed).length === 0 ? 0 : built.seconds,
        objects: timed,
      },
      objects: one(objects),
      guest: {
        commandLine: [`console=${machine.console}`, ...rows(commandLine)],
        memory: one(memory),
        cpus: 1,
        cpu: one(processors),
      },
    },
    config: { start: 'allnoconfig', settle: one(settling) },
    fragmentFolder: one(fragmentFolders),
    toolchain: rows(toolchainPatches),
  };
}

/** Returns the values of all rows that hold for a release on an architecture, in order. */
export function at<T>(
  rows: readonly Row<T>[],
  release: string,
  architecture: ArchitectureName = 'x86_64',
): T[] {
  return rows
    .filter(
      ({ from, until, on }) =>
        (on === undefined || on.includes(architecture)) &&
        (from === undefined || compareReleases(from, release) <= 0) &&
        (until === undefined || compareReleases(release, until) < 0),
    )
    .map(({ value }) => value);
}

/** Of a table that has one row for each release. */
function theOne<T>(rows: readonly Row<T>[], release: string, architecture: ArchitectureName): T {
  const [value, ...more] = at(rows, release, architecture);
  if (value === undefined || more.length > 0)
    throw new Error(
      `${more.length + 1} rows for Linux ${release} on ${architecture} in a table that must have one`,
    );
  return value;
}

/** Orders releases: 2.6.9 before 2.6.30 before 3.0 before 6.12. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [a, b].map((release) => release.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The oldest release whose needs anybody knows. */
const oldest = '2.6.30';

/** Releases that were built and booted with what these tables say. */
const proven = ['2.6.30', '2.6.32', '2.6.34', '6.1', '6.12'] as const;

/** Returns the release of a version: `2.6.32` of `2.6.32.61`, `6.12` of `6.12.0-rc3`. */
export function releaseOf(version: string): string {
  return /^(2\.6\.\d+|\d+\.\d+)/.exec(version)?.[1] ?? version;
}

/** Returns what to tell who builds a release that nobody has tried; undefined for the others. */
export function doubtAbout(release: string): string | undefined {
  if (proven.some((each) => each === release)) return undefined;
  const list = proven.join(', ');
  return compareReleases(release, oldest) < 0
    ? `Linux ${release} is older than any the lab knows (${list} are proven): it is built as ${oldest} is.`
    : `Linux ${release} was never tried (${list} are proven): what it needs of compiler and configuration is a guess.`;
}
