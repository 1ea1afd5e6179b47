import type { Socket } from 'node:net';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { writeFirmware } from './firmware.ts';
import { spawnTied } from './tied.ts';

/** What became of the probe firmware. */
export type Trial =
  /** It ran to its end; the loop between its last two bytes took that long. */
  | { readonly outcome: 'ran'; readonly loopMilliseconds: number }
  /** It did not reach its end in time. */
  | { readonly outcome: 'stuck'; readonly printed: string; readonly stderr: string }
  /** QEMU left by itself. */
  | { readonly outcome: 'ended'; readonly status: number | null; readonly stderr: string };

export interface TrialOptions {
  readonly command: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly cpu: string;
  /** Milliseconds from starting QEMU. */
  readonly patience: number;
  /** A folder that exists; nothing is left in it. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the probe firmware under an accelerator and returns what became of it. QEMU is
 * gone when it returns. Throws the signal's reason when that is aborted.
 */
export async function tryAccelerator(options: TrialOptions): Promise<Trial> {
  const folder = await mkdtemp(join(options.scratch, 'trial-'));
  try {
    const firmware = join(folder, 'probe.rom');
    await writeFirmware(firmware);
    options.signal.throwIfAborted();
    const trial = await runFirmware(firmware, options);
    options.signal.throwIfAborted();
    return trial;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function trialArguments(firmware: string, options: TrialOptions): string[] {
  return [
    ...['-M', 'pc', '-accel', options.accelerator, '-cpu', options.cpu, '-m', '8'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-bios', firmware],
    ...['-chardev', 'socket,id=console,fd=3', '-serial', 'chardev:console'],
  ];
}

function runFirmware(firmware: string, options: TrialOptions): Promise<Trial> {
  const argv = [options.command, ...trialArguments(firmware, options)];
  const child = spawnTied(argv, ['ignore', 'ignore', 'pipe', 'pipe']);
  const kill = () => void child.kill('SIGKILL');
  let stderr = '';
  let printed = '';
  let startedLoop = 0;
  let loopMilliseconds: number | undefined;
  let late = false;
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const serial = child.stdio[3] as Socket;
  serial.on('error', () => undefined);
  serial.on('data', (chunk: Buffer) => {
    printed += chunk.toString('latin1');
    if (startedLoop === 0 && printed.includes('B')) startedLoop = performance.now();
    if (!printed.includes('C')) return;
    loopMilliseconds = performance.now() - startedLoop;
    kill();
  });
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, options.patience);
  options.signal.addEventListener('abort', kill, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', kill);
      if (loopMilliseconds !== undefined) resolve({ outcome: 'ran', loopMilliseconds });
      else if (late) resolve({ outcome: 'stuck', printed, stderr });
      else resolve({ outcome: 'ended', status, stderr });
    });
  });
}
