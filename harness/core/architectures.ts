/** A kind of processor that guests have. */
export type ArchitectureName = 'x86_64' | 'i386' | 'arm64';

/** What an architecture asks of each stage: data only. */
export interface Architecture {
  readonly name: ArchitectureName;
  /** What `process.arch` is on a machine that runs its programs, and may run its guests under KVM. */
  readonly hosts: readonly string[];
  /** What compiles for it here, as GNU names targets; undefined for the machine's own gcc. */
  readonly target: string | undefined;
  /** What make calls it (ARCH), its goal, and where that puts what QEMU boots. */
  readonly kernel: { readonly arch: string; readonly goal: string; readonly boot: string };
  readonly machine: {
    /** QEMU's program, and the variable that names another one. */
    readonly program: string;
    readonly variable: string;
    readonly board: string;
    /** Its network card and its source of entropy. */
    readonly devices: { readonly net: string; readonly entropy: string };
    /** The first serial port, where the lab listens. */
    readonly console: string;
    /** Whether the time-stamp counter under TCG is the host's, which kernels must not go by. */
    readonly foreignClock: boolean;
  };
}

/** 2.6.30 knows the legacy interface only. No boot ROM: nothing boots from it. */
const transitional = {
  net: 'virtio-net-pci-transitional,romfile=',
  entropy: 'virtio-rng-pci-transitional',
} as const;

/** The architectures that guests may have, the one without which no run begins first. */
export const architectures: Readonly<Record<ArchitectureName, Architecture>> = {
  x86_64: {
    name: 'x86_64',
    hosts: ['x64'],
    target: undefined,
    kernel: { arch: 'x86_64', goal: 'bzImage', boot: 'arch/x86/boot/bzImage' },
    machine: {
      program: 'qemu-system-x86_64',
      variable: 'LAB_QEMU',
      board: 'pc',
      devices: transitional,
      console: 'ttyS0',
      foreignClock: true,
    },
  },
  i386: {
    name: 'i386',
    hosts: ['x64'],
    target: 'i686-linux-gnu',
    kernel: { arch: 'i386', goal: 'bzImage', boot: 'arch/x86/boot/bzImage' },
    machine: {
      // The other one runs 32-bit kernels as well, but gdb can't tell then which registers there are.
      program: 'qemu-system-i386',
      variable: 'LAB_QEMU_I386',
      board: 'pc',
      devices: transitional,
      console: 'ttyS0',
      foreignClock: true,
    },
  },
  arm64: {
    name: 'arm64',
    hosts: ['arm64'],
    target: 'aarch64-linux-gnu',
    kernel: { arch: 'arm64', goal: 'Image', boot: 'arch/arm64/boot/Image' },
    machine: {
      program: 'qemu-system-aarch64',
      variable: 'LAB_QEMU_ARM64',
      board: 'virt',
      // Without PCI there is less to find.
      devices: { net: 'virtio-net-device', entropy: 'virtio-rng-device' },
      console: 'ttyAMA0',
      foreignClock: false,
    },
  },
};

/** Returns a tool of the compiler's kind as it is called here: `aarch64-linux-gnu-nm`. */
export function toolFor(architecture: ArchitectureName, tool: string): string {
  const { target } = architectures[architecture];
  return target === undefined ? tool : `${target}-${tool}`;
}
