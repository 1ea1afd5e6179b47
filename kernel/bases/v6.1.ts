import type { Base } from '../base.ts';

/** Debian 12's 6.1: a base that any machine with apt can have. */
export const v6_1: Base = {
  name: 'v6.1',
  release: '6.1',
  architecture: 'x86_64',
  source: {
    kind: 'debian-package',
    package: 'linux-source-6.1',
    suite: 'bookworm',
    // A quarter of the source: register tables of AMD's graphics chips.
    leaveOut: ['drivers/gpu/drm/amd/include'],
  },
  compiler: ['gcc'],
  hostCompiler: ['gcc'],
  makeVariables: {
    ARCH: 'x86_64',
    // Who, where, when and how often: the same in every build.
    KBUILD_BUILD_VERSION: '1',
    KBUILD_BUILD_TIMESTAMP: 'Sun Dec 11 22:15:18 UTC 2022',
    KBUILD_BUILD_USER: 'lab',
    KBUILD_BUILD_HOST: 'cr-lab',
    // scripts/setlocalversion asks the tree's git otherwise: "-dirty", "-00012-g…".
    LOCALVERSION: '',
  },
  pinnedCommands: {},
  pinnedTime: { seconds: 0, objects: {} },
  objects: 960,
  config: {
    start: 'allnoconfig',
    settle: 'olddefconfig',
    fragments: ['boot', 'guest', 'cr', 'debug'],
  },
  guest: {
    commandLine: [
      'console=ttyS0',
      // Reboot, that is leave QEMU, as soon as it has panicked.
      'panic=-1',
      // Where SeaBIOS puts the PM timer of QEMU's pc machine. Without ACPI nobody else says
      // so, and the clock would be the tick: sleeps of 1 ms take 10.
      'pmtmr=0x608',
      // TCG's time stamp counter is the host's; its calibration depends on the host's load.
      'tsc=unstable',
      // So does the check of the timer interrupt.
      'no_timer_check',
    ],
    memory: 256,
    cpus: 1,
    // qemu64 has FXSAVE only; max has XSAVE with AVX and protection keys, and boots as fast.
    cpu: { tcg: 'max', kvm: 'host' },
  },
  // The first two free numbers: 450 is set_mempolicy_home_node.
  syscalls: { checkpoint: 451, restart: 452 },
};
