import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** @type {readonly (readonly [string, readonly string[]])[]} */
const checks = [
  ['tsc', ['-p', '.']],
  // Without its cache: that knows a file's text, and rules on types are about other files as well.
  ['eslint', ['.']],
  [
    'depcruise',
    [
      ...['--config', '.dependency-cruiser.mjs', '--output-type', 'err'],
      ...['harness', 'kernel', 'qemu', 'rootfs', 'cases', 'examples', 'lab.config.ts'],
    ],
  ],
  ['knip', []],
  ['prettier', ['--check', '--log-level', 'warn', '.']],
];

/**
 * The same, changing what can be changed.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const fixes = { eslint: ['--fix'], prettier: ['--write'] };

/**
 * Runs every check, whatever the ones before it found, and returns the exit status.
 * `--fix` lets the tools repair what they can.
 * @param {string} root
 * @param {readonly string[]} args
 */
export function runLint(root, args) {
  const failed = checks.filter(([name, options]) => {
    const fix = args.includes('--fix') ? (fixes[name] ?? []) : [];
    const kept = fix.includes('--write')
      ? options.filter((option) => option !== '--check')
      : options;
    const path = join(root, 'node_modules', '.bin', name);
    return spawnSync(path, [...kept, ...fix], { cwd: root, stdio: 'inherit' }).status !== 0;
  });
  console.log(
    failed.length === 0
      ? `${checks.map(([name]) => name).join(', ')}: clean`
      : `not clean: ${failed.map(([name]) => name).join(', ')}`,
  );
  return failed.length === 0 ? 0 : 1;
}
