import { architectures } from '../harness/core/architectures.ts';
import { labError } from '../harness/core/errors.ts';
import type { CoveragePlugin, Machine } from './contracts.ts';

/** File descriptors QEMU inherits from the lab: ends of Unix socket pairs, and a saved state. */
export const consoleDescriptor = 3;
export const qmpDescriptor = 4;
export const stateDescriptor = 5;
export const coverageDescriptor = 6;

/** QEMU's name for the serial console's other end. */
export const consoleId = 'console';

/** How this start of a machine is connected. */
export interface Wiring {
  readonly name: string;
  /** Whether a saved state follows through QMP. */
  readonly restoring: boolean;
  /** Unix socket where gdb may attach. */
  readonly gdb?: string | undefined;
  readonly coverage?: CoveragePlugin | undefined;
}

/**
 * MiB of translated code TCG may keep. A boot fills about 30; QEMU's default of up to
 * 1 GiB is not touched, but would be by a long run.
 */
const translationCache = 96;

/** Bytes of a Unix socket's path in the kernel's `struct sockaddr_un`, its NUL included. */
const longestSocketPath = 108;

/**
 * Returns QEMU's arguments for a machine. It starts with the processors stopped: the lab
 * says `cont` once it knows the guest's port. Console and QMP are inherited sockets, so
 * there is no moment at which bytes are lost and no path that could be too long; only
 * gdb's socket has a path. Throws `socket-path-too-long`.
 */
export function machineArguments(machine: Machine, wiring: Wiring): string[] {
  return [
    ...['-name', `guest=${escapeValue(wiring.name)}`],
    ...hardwareArguments(machine),
    ...['-S', '-no-reboot', '-display', 'none'],
    ...[
      '-chardev',
      `socket,id=${consoleId},fd=${consoleDescriptor}`,
      '-serial',
      `chardev:${consoleId}`,
    ],
    ...['-chardev', `socket,id=qmp,fd=${qmpDescriptor}`, '-qmp', 'chardev:qmp'],
    ...(wiring.restoring ? ['-incoming', 'defer'] : []),
    ...(wiring.gdb === undefined ? [] : gdbArguments(wiring.gdb)),
    ...(wiring.coverage === undefined ? [] : pluginArguments(wiring.coverage)),
    ...kernelArguments(machine),
  ];
}

/**
 * Returns a command a person can paste to start the same machine by hand, its console
 * on the terminal (Ctrl-A X ends it).
 */
export function manualCommand(machine: Machine, command: string): string {
  const argv = [command, ...hardwareArguments(machine), '-no-reboot', '-nographic'];
  return [...argv, '-serial', 'mon:stdio', ...kernelArguments(machine)].map(quote).join(' ');
}

/**
 * Returns the words of the command line that a saved state depends on: it fits a machine
 * of the same hardware only, and its kernel has read its own command line. Beside them it
 * depends on QEMU's version, the kernel and the initramfs.
 */
export function stateInputs(machine: Machine): string[] {
  return [...hardwareArguments(machine), kernelCommandLine(machine)];
}

function hardwareArguments(machine: Machine): string[] {
  const { board, devices } = architectures[machine.architecture].machine;
  const accelerator =
    machine.accelerator === 'tcg' ? `tcg,tb-size=${translationCache}` : machine.accelerator;
  return [
    ...['-M', board, '-accel', accelerator, '-cpu', machine.cpu],
    // One socket each: the firmware's MP table, all that a kernel without ACPI has, lists
    // no further cores of a socket.
    ...['-smp', `${machine.cpus},sockets=${machine.cpus},cores=1,threads=1`],
    ...['-m', String(machine.memory), '-rtc', 'base=utc'],
    ...['-nodefaults', '-no-user-config'],
    // Port 0: the host picks a free one, so that no two labs can want the same.
    ...['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
    ...['-device', `${devices.net},netdev=net0`],
    ...['-object', 'rng-random,id=rng0,filename=/dev/urandom'],
    ...['-device', `${devices.entropy},rng=rng0`],
  ];
}

function kernelArguments(machine: Machine): string[] {
  return [
    ...['-kernel', machine.kernel],
    ...(machine.initramfs === '' ? [] : ['-initrd', machine.initramfs]),
    ...['-append', kernelCommandLine(machine)],
  ];
}

/**
 * Under TCG the time-stamp counter is the host's, and kernels measure its rate against
 * emulated timers. Mostly they notice that they can't; on a loaded host some arrive at
 * 79 MHz for 2.4 GHz, live thirty times too fast, and report lockups that are none.
 */
function kernelCommandLine(machine: Machine): string {
  const { foreignClock } = architectures[machine.architecture].machine;
  const words = foreignClock && machine.accelerator === 'tcg' ? ['notsc'] : [];
  return [...machine.commandLine, ...words].join(' ');
}

function gdbArguments(path: string): string[] {
  checkSocketPath(path);
  const socket = `socket,id=gdb,path=${escapeValue(path)},server=on,wait=off`;
  return ['-chardev', socket, '-gdb', 'chardev:gdb'];
}

function pluginArguments({ plugin, ranges }: CoveragePlugin): string[] {
  const file = `file=${escapeValue(plugin)},ranges=${escapeValue(ranges)}`;
  return ['-plugin', `${file},fd=${coverageDescriptor}`];
}

/** Throws `socket-path-too-long` for a path the kernel would refuse to bind. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes < longestSocketPath) return;
  throw labError({
    code: 'socket-path-too-long',
    fault: 'infrastructure',
    doing: 'choosing a path for a Unix socket',
    what: `${path} has ${bytes} bytes; Unix sockets allow ${longestSocketPath - 1}`,
    next: 'Set TMPDIR to a shorter folder, such as /tmp.',
  });
}

/** QEMU's option syntax ends a value at a comma, unless it is doubled. */
function escapeValue(text: string): string {
  return text.replaceAll(',', ',,');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
