import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { z } from 'zod';
import { labError } from '../harness/core/errors.ts';
import type { Context } from '../harness/core/context.ts';
import type { Accelerator } from './contracts.ts';
import { lastWords } from './ending.ts';
import { recallFact } from '../harness/core/facts.ts';
import { findQemu, type Program } from './program.ts';
import { tryAccelerator, type Trial } from './trial.ts';

export interface AcceleratorChoice {
  /** What the user insists on. */
  readonly override?: Accelerator['name'] | undefined;
  /** Try again even if this boot of the host has an answer. */
  readonly fresh?: boolean;
  /** What guests are to have as -cpu under KVM: all of them have to run. */
  readonly models?: readonly string[];
  /** KVM's device node; another one in tests. */
  readonly device?: string;
}

/**
 * QEMU's plainest x86-64 model: a kernel of 2009 has not met today's processors. It is what
 * hosts are compared by.
 */
export const modestCpu = 'qemu64';

/** A real processor needs some 10 ms for the firmware, QEMU about 100 to start. */
const patience = 2000;

const verdict = z.object({ works: z.boolean(), reason: z.string() });
type Verdict = z.infer<typeof verdict>;

/**
 * Returns the accelerator to use and why: KVM if a guest really runs under it, else TCG.
 * The answer of a trial is kept per boot of the host and QEMU version. Throws
 * `kvm-unusable` if KVM was insisted on, and what findQemu throws.
 */
export async function chooseAccelerator(
  choice: AcceleratorChoice,
  context: Pick<Context, 'home' | 'signal' | 'scratch'>,
): Promise<Accelerator> {
  const program = await findQemu();
  if (choice.override === 'tcg') return { name: 'tcg', reason: 'TCG, as asked for' };
  const obstacle = await findObstacle(choice.device ?? '/dev/kvm');
  const kvm =
    obstacle === undefined
      ? await recallTrial(program, choice, context)
      : { works: false, reason: obstacle };
  if (kvm.works) return { name: 'kvm', reason: kvm.reason };
  if (choice.override === 'kvm') throw unusable(kvm.reason);
  return { name: 'tcg', reason: `TCG: ${kvm.reason}` };
}

function recallTrial(
  program: Program,
  { fresh, models = [modestCpu] }: AcceleratorChoice,
  context: Pick<Context, 'home' | 'signal' | 'scratch'>,
): Promise<Verdict> {
  const distinct = [...new Set(models)].sort();
  return recallFact(context.home, {
    name: 'kvm-trial',
    inputs: { qemu: program.version, command: program.command, cpu: distinct.join() },
    schema: verdict,
    fresh,
    measure: async () => {
      for (const cpu of distinct) {
        const found = judge(await tryModel(program, cpu, context), cpu);
        if (!found.works) return found;
      }
      return { works: true, reason: 'KVM: a trial guest ran under it' };
    },
  });
}

function tryModel(
  { command }: Program,
  cpu: string,
  { scratch, signal }: Pick<Context, 'signal' | 'scratch'>,
): Promise<Trial> {
  return tryAccelerator({ command, accelerator: 'kvm', cpu, patience, scratch, signal });
}

function judge(trial: Trial, cpu: string): Verdict {
  switch (trial.outcome) {
    case 'ran':
      return { works: true, reason: 'KVM: a trial guest ran under it' };
    case 'stuck':
      return {
        works: false,
        reason: `/dev/kvm opens, but a trial guest did not get through ten milliseconds' work in ${patience / 1000} s; this host does not really virtualise`,
      };
    case 'ended':
      return {
        works: false,
        reason: `QEMU gave up on KVM with -cpu ${cpu}: ${lastWords(trial.stderr) ?? `status ${trial.status ?? 'none'}`}`,
      };
  }
}

function unusable(reason: string): Error {
  return labError({
    code: 'kvm-unusable',
    fault: 'infrastructure',
    doing: 'choosing an accelerator',
    what: `KVM was asked for, but ${reason}`,
    next: 'Leave out --accel kvm, and the lab uses TCG.',
  });
}

/**
 * Returns why KVM's device cannot be opened, in one plain line, or undefined if it can.
 * That says nothing yet of whether a guest runs. Never cached: it changes while the host
 * runs.
 */
export async function findObstacle(device: string): Promise<string | undefined> {
  const node = await stat(device).catch(() => undefined);
  if (node === undefined) return `there is no ${device} on this host`;
  const usable = await access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return usable ? undefined : explainPermission(device, node);
}

/** Returns what keeps this user from a device, and the command that repairs it. */
export async function explainPermission(
  device: string,
  node: { readonly gid: number; readonly mode: number },
): Promise<string> {
  const groupMayOpen = (node.mode & 0o060) === 0o060;
  if (!groupMayOpen) return `no permission to open ${device}, which only its owner may`;
  const group = await nameGroup(node.gid);
  const join = `sudo usermod -aG ${group} ${userInfo().username}`;
  return `no permission to open ${device}; join its group (${join}) and log in again`;
}

async function nameGroup(gid: number): Promise<string> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const entry = groups.split('\n').find((line) => line.split(':')[2] === String(gid));
  return entry?.split(':')[0] ?? String(gid);
}
