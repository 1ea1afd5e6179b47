import type { Base, CompilerName } from '../../kernel/base.ts';
import { findBase } from '../../kernel/bases.ts';
import { whyNotClang } from '../../kernel/bases/build-with.ts';
import { canHave, type Answer } from '../../kernel/source/choose.ts';
import { chooseAccelerator } from '../../qemu/accelerator.ts';
import { installHints, managerOf, neededTools, readOsRelease } from '../setup/packages.mjs';
import { architectures, type ArchitectureName } from '../core/architectures.ts';
import { defined } from '../core/defined.ts';
import { isLabError } from '../core/errors.ts';
import type { LabHome } from '../core/home.ts';
import { findHostShare } from '../core/host-share.ts';
import { makeScratch } from '../core/scratch.ts';
import { findObstacles, type Obstacle } from '../core/surroundings.ts';
import { reportTools, type ToolReport } from './tool-report.ts';
import { isPresent } from '../setup/probe.mjs';
import { architectureTools, clang, type Tool } from '../setup/tools.mjs';

/** A compiler, and the bases that the lab builds with it. */
export interface CompilerReport {
  readonly name: CompilerName;
  readonly found: boolean;
  readonly version?: string;
  readonly bases: readonly string[];
  /** Commands that install it; none where it is there. */
  readonly install: readonly string[];
}

/** An architecture that guests may have, and whether what it needs is here. */
export interface ArchitectureReport {
  readonly name: ArchitectureName;
  readonly found: boolean;
  /** Commands that install what is missing; none where nothing is, or no package is known. */
  readonly install: readonly string[];
}

/** What this machine can do for the lab. */
export interface DoctorReport {
  /** Whether a run can work here. */
  readonly able: boolean;
  readonly tools: readonly ToolReport[];
  /** The command that installs what is missing; several where the system is unknown. */
  readonly install: readonly string[];
  readonly compilers: readonly CompilerReport[];
  readonly architectures: readonly ArchitectureReport[];
  readonly accelerator: { readonly name?: 'kvm' | 'tcg'; readonly reason: string };
  readonly bases: readonly {
    readonly name: string;
    /** Whether a run can build it now. */
    readonly able: boolean;
    /** Whether its source can be had, whatever tools are missing. */
    readonly source: boolean;
    readonly why: string;
  }[];
  /** What about this machine would stand in a run's way, worst first. */
  readonly obstacles: readonly Obstacle[];
  /** What of the host a run may use: processors, and MiB of memory. */
  readonly share: { readonly processors: number; readonly memory: number };
  readonly home: string;
}

/** Returns what this machine can do. Tries the accelerator anew; installs and builds nothing. */
export async function examine(home: LabHome, bases: readonly Base[]): Promise<DoctorReport> {
  const signal = new AbortController().signal;
  const wanted = neededTools();
  const share = findHostShare();
  const guest = Math.max(...bases.map((base) => base.guest.memory));
  const [obstacles, toolReports, [clangReport], accelerator, sources] = await Promise.all([
    findObstacles(home, guest, { share }),
    reportTools(wanted),
    reportTools([clang]),
    examineAccelerator(home, bases, signal),
    Promise.all(bases.map((base) => canHave(base, home, signal))),
  ]);
  const missing = wanted.filter((_, index) => toolReports[index]?.found === false);
  const baseReports = bases.map(({ name }, index) =>
    reportBase(name, sources[index] ?? { whyNot: 'it was not looked for' }, missing),
  );
  return {
    able:
      missing.length === 0 &&
      !obstacles.some(({ stops }) => stops) &&
      accelerator.name !== undefined &&
      baseReports.some(({ able }) => able),
    tools: toolReports,
    install: missing.length === 0 ? [] : installHints(missing, managerOf(readOsRelease())),
    compilers: [
      reportCompiler(
        'gcc',
        toolReports.find(({ name }) => name === 'gcc'),
        bases,
      ),
      reportCompiler('clang', clangReport, bases),
    ],
    architectures: Object.values(architectures).map(({ name }) => reportArchitecture(name)),
    accelerator,
    bases: baseReports,
    obstacles,
    share: { processors: share.processors, memory: Math.floor(share.memory / 2 ** 20) },
    home: home.root,
  };
}

/** Returns why a base's source can be had, or why not. Throws `base-unknown` (usage). */
export function examineSource(
  name: string,
  home: LabHome,
  bases: readonly Base[],
): Promise<Answer> {
  return canHave(findBase(name, bases), home, new AbortController().signal);
}

function reportCompiler(
  name: CompilerName,
  tool: ToolReport | undefined,
  bases: readonly Base[],
): CompilerReport {
  const found = tool?.found === true;
  const able = bases.filter((base) => name === 'gcc' || whyNotClang(base) === undefined);
  // What the lab can't do without is among the tools that are missing.
  const optional = found || name === 'gcc' ? [] : [clang];
  return {
    name,
    found,
    ...defined({ version: tool?.version }),
    bases: able.map((base) => base.name),
    install: optional.length === 0 ? [] : installHints(optional, managerOf(readOsRelease())),
  };
}

function reportArchitecture(name: ArchitectureName): ArchitectureReport {
  const missing = architectureTools[name].filter((tool) => !isPresent(tool));
  const found = missing.length === 0;
  return { name, found, install: found ? [] : installHints(missing, managerOf(readOsRelease())) };
}

async function examineAccelerator(
  home: LabHome,
  bases: readonly Base[],
  signal: AbortSignal,
): Promise<DoctorReport['accelerator']> {
  const scratch = await makeScratch();
  try {
    return await chooseAccelerator(
      { fresh: true, models: bases.map(({ guest }) => guest.cpu.kvm) },
      { home, signal, scratch: scratch.path },
    );
  } catch (error) {
    if (isLabError(error)) return { reason: `${error.what}. ${error.next}` };
    throw error;
  } finally {
    await scratch.remove();
  }
}

/** Returns what stands in a base's way: its source, or the tools that build it. */
export function reportBase(
  name: string,
  { why, whyNot }: Answer,
  missing: readonly Pick<Tool, 'name'>[],
): DoctorReport['bases'][number] {
  if (why === undefined) return { name, able: false, source: false, why: whyNot };
  if (missing.length === 0) return { name, able: true, source: true, why };
  const names = missing.map((tool) => tool.name).join(', ');
  return { name, able: false, source: true, why: `${why}, but ${names} must be installed first` };
}
