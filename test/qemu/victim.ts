import type { Machine } from '../../qemu/contracts.ts';
import { launchMachine } from '../../qemu/launch.ts';

/** A lab of one machine, for tests that kill it: prints pid and port, then waits. */
const { machine, options } = JSON.parse(process.argv[2] ?? '') as {
  readonly machine: Machine;
  readonly options: { readonly name: string; readonly folder: string; readonly consoleLog: string };
};
const running = await launchMachine(machine, {
  ...options,
  signal: new AbortController().signal,
});
console.log(JSON.stringify({ pid: running.pid, port: running.sshPort }));
await running.ended;
