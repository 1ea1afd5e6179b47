/**
 * A program or header the lab needs from the system, and why.
 * @typedef {object} Tool
 * @property {string} name What people call it.
 * @property {readonly string[]} [commands] Must all be on PATH.
 * @property {readonly string[]} [files] Absolute paths, of which one must exist.
 * @property {readonly string[]} [version] Arguments that make the first command print its version.
 * @property {'apt'} [manager] Only needed where packages come from this one.
 * @property {string} why
 * @property {Partial<Record<import('./packages.mjs').Manager, string>>} packages By package
 *   manager, several apart by blanks; all of them, unless `manager` names the only one.
 */

/**
 * Everything the lab needs beside Node and the npm packages. The bootstrap installs
 * what is missing of it, and `lab doctor` prints it.
 * @type {readonly Tool[]}
 */
export const tools = [
  {
    name: 'QEMU',
    commands: ['qemu-system-x86_64'],
    version: ['--version'],
    why: 'boots the guests',
    packages: {
      apt: 'qemu-system-x86',
      dnf: 'qemu-system-x86-core',
      pacman: 'qemu-system-x86',
      zypper: 'qemu-x86',
    },
  },
  {
    name: 'gcc',
    commands: ['gcc'],
    version: ['--version'],
    why: 'compiles the kernel',
    packages: { apt: 'gcc', dnf: 'gcc', pacman: 'gcc', zypper: 'gcc' },
  },
  {
    name: 'C library headers',
    files: ['/usr/include/stdio.h'],
    why: "compiles the kernel's host programs; gcc alone does not bring them",
    packages: { apt: 'libc6-dev', dnf: 'glibc-devel', pacman: 'glibc', zypper: 'glibc-devel' },
  },
  {
    name: 'binutils',
    commands: ['ld', 'nm', 'addr2line'],
    version: ['--version'],
    why: "links the kernel, and turns an oops's addresses into lines",
    packages: { apt: 'binutils', dnf: 'binutils', pacman: 'binutils', zypper: 'binutils' },
  },
  {
    name: 'make',
    commands: ['make'],
    version: ['--version'],
    why: 'builds the kernel and user space',
    packages: { apt: 'make', dnf: 'make', pacman: 'make', zypper: 'make' },
  },
  {
    name: 'perl',
    commands: ['perl'],
    version: ['-e', 'print "perl $^V"'],
    why: '2.6.30 makes its time constants with it (kernel/timeconst.pl)',
    packages: { apt: 'perl', dnf: 'perl-interpreter', pacman: 'perl', zypper: 'perl' },
  },
  {
    name: 'bc',
    commands: ['bc'],
    version: ['--version'],
    why: '6.1 makes its time constants with it (kernel/time/timeconst.bc)',
    packages: { apt: 'bc', dnf: 'bc', pacman: 'bc', zypper: 'bc' },
  },
  {
    name: 'flex',
    commands: ['flex'],
    version: ['--version'],
    why: "6.1's Kconfig is built from its source",
    packages: { apt: 'flex', dnf: 'flex', pacman: 'flex', zypper: 'flex' },
  },
  {
    name: 'bison',
    commands: ['bison'],
    version: ['--version'],
    why: "6.1's Kconfig is built from its source",
    packages: { apt: 'bison', dnf: 'bison', pacman: 'bison', zypper: 'bison' },
  },
  {
    name: 'libelf',
    files: ['/usr/include/libelf.h'],
    why: '6.1 builds objtool with it',
    packages: {
      apt: 'libelf-dev',
      dnf: 'elfutils-libelf-devel',
      pacman: 'libelf',
      zypper: 'libelf-devel',
    },
  },
  {
    name: 'ccache',
    commands: ['ccache'],
    version: ['--version'],
    why: 'a one-line change recompiles one file',
    packages: { apt: 'ccache', dnf: 'ccache', pacman: 'ccache', zypper: 'ccache' },
  },
  {
    name: 'git',
    commands: ['git'],
    version: ['--version'],
    why: 'identifies the source and applies the series',
    packages: { apt: 'git', dnf: 'git-core', pacman: 'git', zypper: 'git-core' },
  },
  {
    name: 'xz',
    commands: ['xz'],
    version: ['--version'],
    why: 'unpacks kernel sources',
    packages: { apt: 'xz-utils', dnf: 'xz', pacman: 'xz', zypper: 'xz' },
  },
  {
    name: 'bzip2',
    commands: ['bzip2'],
    version: ['--help'],
    why: "unpacks busybox's and dropbear's sources",
    packages: { apt: 'bzip2', dnf: 'bzip2', pacman: 'bzip2', zypper: 'bzip2' },
  },
  {
    name: 'cpio',
    commands: ['cpio'],
    version: ['--version'],
    why: "reads the guest's initramfs back in the lab's tests",
    packages: { apt: 'cpio', dnf: 'cpio', pacman: 'cpio', zypper: 'cpio' },
  },
  {
    name: 'musl',
    commands: ['musl-gcc'],
    version: ['--version'],
    why: "builds the guest's static programs: glibc's fstat fails on 2.6.30",
    packages: {
      apt: 'musl-tools',
      dnf: 'musl-gcc musl-libc-static',
      pacman: 'musl',
      zypper: 'musl-devel',
    },
  },
  {
    name: 'setpriv',
    commands: ['setpriv'],
    version: ['--version'],
    why: 'lets QEMU die with the lab, however the lab dies',
    packages: { apt: 'util-linux', dnf: 'util-linux', pacman: 'util-linux', zypper: 'util-linux' },
  },
  {
    name: "Debian's keys",
    files: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
    manager: 'apt',
    why: "proves 6.1's source where it comes from Debian's archive, as on Ubuntu",
    packages: { apt: 'debian-archive-keyring' },
  },
];

/**
 * What `--compiler clang` needs besides: all that make calls with LLVM=1. No run without it
 * asks for it.
 * @type {Tool}
 */
export const clang = {
  name: 'clang',
  commands: [
    'clang',
    'ld.lld',
    'llvm-ar',
    'llvm-nm',
    'llvm-objcopy',
    'llvm-objdump',
    'llvm-readelf',
    'llvm-strip',
  ],
  version: ['--version'],
  why: "compiles the kernel instead of gcc, with LLVM's linker and binutils",
  packages: {
    apt: 'clang lld llvm',
    dnf: 'clang lld llvm',
    pacman: 'clang lld llvm',
    zypper: 'clang lld llvm',
  },
};

/**
 * What guests of another architecture need besides. No run without them asks for it. Debian and
 * what is made from it alone have a compiler for i386 in a package.
 * @type {Readonly<Record<import('../core/architectures.ts').ArchitectureName, readonly Tool[]>>}
 */
export const architectureTools = {
  x86_64: [],
  i386: [
    {
      name: 'gcc for i386',
      commands: ['i686-linux-gnu-gcc', 'i686-linux-gnu-ld', 'i686-linux-gnu-addr2line'],
      version: ['--version'],
      why: 'compiles kernel and programs of i386 guests',
      packages: { apt: 'gcc-i686-linux-gnu' },
    },
    {
      name: 'QEMU for i386',
      commands: ['qemu-system-i386'],
      version: ['--version'],
      why: 'boots i386 guests',
      packages: {
        apt: 'qemu-system-x86',
        dnf: 'qemu-system-x86-core',
        pacman: 'qemu-system-x86',
        zypper: 'qemu-x86',
      },
    },
  ],
  arm64: [
    {
      name: 'gcc for arm64',
      commands: ['aarch64-linux-gnu-gcc', 'aarch64-linux-gnu-ld', 'aarch64-linux-gnu-addr2line'],
      version: ['--version'],
      why: 'compiles kernel and programs of arm64 guests',
      packages: {
        apt: 'gcc-aarch64-linux-gnu',
        dnf: 'gcc-aarch64-linux-gnu',
        pacman: 'aarch64-linux-gnu-gcc',
        zypper: 'cross-aarch64-gcc14',
      },
    },
    {
      name: 'QEMU for arm64',
      commands: ['qemu-system-aarch64'],
      version: ['--version'],
      why: 'boots arm64 guests',
      packages: {
        apt: 'qemu-system-arm',
        dnf: 'qemu-system-aarch64-core',
        pacman: 'qemu-system-aarch64',
        zypper: 'qemu-arm',
      },
    },
  ],
};
