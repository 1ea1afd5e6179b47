import { bases } from '../kernel/bases.ts';
import { canHave } from '../kernel/choose.ts';
import { chooseAccelerator } from '../qemu/accelerator.ts';
import { installHints, managerOf, readOsRelease } from './bootstrap/packages.mjs';
import { isLabError } from './errors.ts';
import type { LabHome } from './home.ts';
import { makeScratch } from './scratch.ts';
import { reportTools, type ToolReport } from './tool-report.ts';
import { tools } from './tools.mjs';

/** What this machine can do for the lab. */
export interface DoctorReport {
  /** Whether a run can work here. */
  readonly able: boolean;
  readonly tools: readonly ToolReport[];
  /** The command that installs what is missing; several where the system is unknown. */
  readonly install: readonly string[];
  readonly accelerator: { readonly name?: 'kvm' | 'tcg'; readonly reason: string };
  readonly bases: readonly {
    readonly name: string;
    readonly able: boolean;
    readonly why: string;
  }[];
  readonly home: string;
}

/** Returns what this machine can do. Tries the accelerator anew; installs and builds nothing. */
export async function examine(home: LabHome): Promise<DoctorReport> {
  const signal = new AbortController().signal;
  const [toolReports, accelerator, baseReports] = await Promise.all([
    reportTools(),
    examineAccelerator(home, signal),
    Promise.all(bases.map((base) => examineBase(base, home, signal))),
  ]);
  const missing = tools.filter((_, index) => toolReports[index]?.found === false);
  return {
    able:
      missing.length === 0 &&
      accelerator.name !== undefined &&
      baseReports.some(({ able }) => able),
    tools: toolReports,
    install: missing.length === 0 ? [] : installHints(missing, managerOf(readOsRelease())),
    accelerator,
    bases: baseReports,
    home: home.root,
  };
}

async function examineAccelerator(
  home: LabHome,
  signal: AbortSignal,
): Promise<DoctorReport['accelerator']> {
  const scratch = await makeScratch();
  try {
    return await chooseAccelerator({ fresh: true }, { home, signal, scratch: scratch.path });
  } catch (error) {
    if (isLabError(error)) return { reason: `${error.what}. ${error.next}` };
    throw error;
  } finally {
    await scratch.remove();
  }
}

async function examineBase(
  base: (typeof bases)[number],
  home: LabHome,
  signal: AbortSignal,
): Promise<DoctorReport['bases'][number]> {
  const { why, whyNot } = await canHave(base, home, signal);
  return why === undefined
    ? { name: base.name, able: false, why: whyNot }
    : { name: base.name, able: true, why };
}
