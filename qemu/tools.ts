/** A program the lab calls, and how to get it. */
export interface Tool {
  readonly command: string;
  readonly versionArgs: readonly string[];
  readonly why: string;
  /** The package that holds it, by package manager. */
  readonly packages: { readonly apt: string; readonly dnf: string; readonly pacman: string };
}

const binutils = { apt: 'binutils', dnf: 'binutils', pacman: 'binutils' };

/** Returns what running guests and explaining their crashes needs on the host. */
export function qemuTools(): readonly Tool[] {
  return [
    {
      command: 'qemu-system-x86_64',
      versionArgs: ['--version'],
      why: 'runs the guests',
      packages: {
        apt: 'qemu-system-x86',
        dnf: 'qemu-system-x86-core',
        pacman: 'qemu-system-x86',
      },
    },
    {
      command: 'setpriv',
      versionArgs: ['--version'],
      why: 'makes QEMU end with the lab, however the lab ends',
      packages: { apt: 'util-linux', dnf: 'util-linux-core', pacman: 'util-linux' },
    },
    {
      command: 'addr2line',
      versionArgs: ['--version'],
      why: 'turns the addresses of an oops into files and lines',
      packages: binutils,
    },
    {
      command: 'nm',
      versionArgs: ['--version'],
      why: 'turns the addresses of an oops into functions',
      packages: binutils,
    },
  ];
}
