#!/usr/bin/env node
// Runs on a machine that has Node and nothing else: imports nothing but Node's own
// modules and what in setup/ does the same, until the packages are there.
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { leave } from './setup/leave.mjs';
import { prepare } from './setup/prepare.mjs';

/** Exit status for what is the machine's fault, not the kernel's. */
const machineFault = 3;

/** Commands of the lab that only read: they run on a machine that can build nothing. */
const readers = new Set([
  'doctor',
  'help',
  'merge',
  'compare',
  'image',
  'cache',
  'new',
  '--help',
  '-h',
  '--version',
  '-V',
]);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.exitCode = await main(process.argv.slice(2));

/** @param {readonly string[]} argv */
async function main(argv) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 12)) {
    console.error(
      `lab: The lab needs Node 20.12 or newer; this is ${process.versions.node} (${process.execPath}).`,
    );
    return machineFault;
  }
  // Packages look for it when they are loaded, and their own error says nothing of TMPDIR.
  if (statSync(tmpdir(), { throwIfNoEntry: false })?.isDirectory() !== true) {
    console.error(
      `lab: Temporary files go to ${tmpdir()}, where no folder is. Set TMPDIR to one that you may write to.`,
    );
    return machineFault;
  }
  const [first = 'lab', ...rest] = argv;
  if (first === 'test') {
    if (!prepare(root, { system: true })) return machineFault;
    return (await import('./setup/test.mjs')).runTests(root, rest);
  }
  if (first === 'lint') {
    if (!prepare(root, { system: false })) return machineFault;
    return (await import('./setup/lint.mjs')).runLint(root, rest);
  }
  return runLab(first === 'lab' ? rest : [...argv]);
}

/** @param {string[]} args */
async function runLab(args) {
  const onlyReads = args.some(
    (arg) => readers.has(arg) && (arg.startsWith('-') || arg === args[0]),
  );
  if (!prepare(root, { system: !onlyReads, shown: args[0] === 'doctor' })) return machineFault;
  // In this process, not a child: one Ctrl-C is one signal, and nothing stands between
  // the caller and the exit status.
  const { main: lab } = await loadLab();
  // The run is over and its files are closed: a handle someone forgot must not hold the caller.
  return leave(await lab(args));
}

/**
 * Loads the command line: from a bundle of this state of the code where there can be one.
 * @returns {Promise<typeof import('./cli/cli.ts')>}
 */
async function loadLab() {
  const { bundle } = await import('./setup/bundle.mjs');
  const folder = process.env['LAB_NO_BUNDLE'] === '1' ? undefined : await bundle(root);
  if (folder !== undefined)
    return /** @type {typeof import('./cli/cli.ts')} */ (
      await import(pathToFileURL(join(folder, 'cli.mjs')).href)
    );
  const { register } = await import('tsx/esm/api');
  register();
  return import('./cli/cli.ts');
}
