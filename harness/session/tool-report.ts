import { execa } from 'execa';
import { findCommand, isPresent } from '../setup/probe.mjs';
import type { Tool } from '../setup/tools.mjs';
import { defined } from '../core/defined.ts';

/** A tool as found on this machine. */
export interface ToolReport {
  readonly name: string;
  readonly found: boolean;
  /** What it calls its version, where it can be asked. */
  readonly version?: string;
  /** The first file that makes it count as found. */
  readonly path?: string;
  readonly why: string;
  readonly packages: Tool['packages'];
}

/** Returns what this machine has of everything the lab needs. */
export async function reportTools(wanted: readonly Tool[]): Promise<ToolReport[]> {
  return Promise.all(wanted.map(reportTool));
}

async function reportTool(tool: Tool): Promise<ToolReport> {
  const { name, why, packages, files } = tool;
  const found = isPresent(tool);
  const command = tool.commands?.[0];
  const path = command === undefined ? files?.[0] : findCommand(command);
  const version =
    found && command !== undefined ? await askVersion(command, tool.version) : undefined;
  return {
    name,
    found,
    why,
    packages,
    ...defined({ version }),
    ...(found && path !== undefined ? { path } : {}),
  };
}

/** Returns the first thing that looks like a version in what a command says of itself. */
async function askVersion(
  command: string,
  args: readonly string[] | undefined,
): Promise<string | undefined> {
  if (args === undefined) return undefined;
  const { all } = await execa(command, [...args], {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: 10_000,
  });
  return /\d+\.\d+[\w.]*/.exec(all)?.[0];
}
