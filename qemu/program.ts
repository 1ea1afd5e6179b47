import { execa, ExecaError } from 'execa';
import { architectures, type ArchitectureName } from '../harness/core/architectures.ts';
import { labError } from '../harness/core/errors.ts';

/** The QEMU this lab uses. */
export interface Program {
  readonly command: string;
  /** `7.2.22`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
}

/** The oldest major version whose options the lab relies on; 7.2 is what it is tested with. */
export const oldestMajor = 6;

/** Returns QEMU's command for an architecture: what LAB_QEMU or its like names, else the one from PATH. */
export function qemuCommand(
  architecture: ArchitectureName = 'x86_64',
  env: NodeJS.ProcessEnv = process.env,
): string {
  const { variable, program } = architectures[architecture].machine;
  return env[variable] ?? program;
}

/**
 * Returns QEMU's version by asking it. Throws an `infrastructure` error: `qemu-missing`,
 * `qemu-broken` (it is there and does not run), `qemu-too-old`.
 */
export async function findQemu(command = qemuCommand()): Promise<Program> {
  const text = await askVersion(command);
  const found = /version (\d+)\.(\d+)(?:\.\d+)*/.exec(text);
  if (found === null) throw broken(command, [text]);
  const [words, major, minor] = found;
  const program = {
    command,
    version: words.slice('version '.length),
    major: Number(major),
    minor: Number(minor),
  };
  if (program.major < oldestMajor) throw tooOld(program);
  return program;
}

async function askVersion(command: string): Promise<string> {
  try {
    const { stdout } = await execa(command, ['--version'], { timeout: 10_000 });
    return stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw qemuMissing(command);
    throw broken(command, [error.shortMessage, String(error.stderr)]);
  }
}

/** Returns the error for a QEMU that is not installed. */
export function qemuMissing(command: string): Error {
  return labError({
    code: 'qemu-missing',
    fault: 'infrastructure',
    doing: 'looking for QEMU',
    what: `${command} is not installed`,
    next: 'Install it: apt-get install qemu-system-x86, dnf install qemu-system-x86-core, pacman -S qemu-system-x86 or zypper install qemu-x86; or name another in LAB_QEMU.',
  });
}

function broken(command: string, details: readonly string[]): Error {
  return labError({
    code: 'qemu-broken',
    fault: 'infrastructure',
    doing: 'asking QEMU for its version',
    what: `${command} --version gave no version`,
    next: 'Run that command by hand, repair the installation, or name another QEMU in LAB_QEMU.',
    details: details.filter((line) => line !== ''),
  });
}

function tooOld(program: Program): Error {
  return labError({
    code: 'qemu-too-old',
    fault: 'infrastructure',
    doing: 'checking QEMU',
    what: `${program.command} is version ${program.version}; the lab needs ${oldestMajor}.0 or later`,
    next: 'Install a newer qemu-system-x86, or name another in LAB_QEMU.',
  });
}
