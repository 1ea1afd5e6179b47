import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {import('./count-reporter.mjs').Counts} Counts */

/**
 * Milliseconds a test file may take: node:test would wait for ever for a handle that keeps
 * its process alive.
 */
const patience = 600_000;

/** Test files wait most of the time, for guests; node:test runs one at a time on two cores. */
const filesAtOnce = Math.max(2, availableParallelism() - 1);

/**
 * Runs the lab's own tests and returns the exit status: 0 if some ran and none failed.
 * Arguments that begin with a dash go to node; each other one picks the files whose path
 * contains it.
 * @param {string} root
 * @param {readonly string[]} args
 */
export async function runTests(root, args) {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const files = listTests(root).filter(
    (file) => words.length === 0 || words.some((word) => file.includes(word)),
  );
  if (files.length === 0) {
    console.log(`lab: No test file matches ${words.join(' ')}.\n0 passed, 0 failed, 0 skipped`);
    return 1;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'lab-test-'));
  try {
    const report = join(scratch, 'counts.json');
    const status = await runNode(root, [
      // Before the caller's own, so that theirs wins.
      `--test-timeout=${patience}`,
      `--test-concurrency=${filesAtOnce}`,
      ...args.filter((arg) => arg.startsWith('-')),
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${pathToFileURL(join(import.meta.dirname, 'count-reporter.mjs')).href}`,
      `--test-reporter-destination=${report}`,
      ...files,
    ]);
    return conclude(status, readCounts(report));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} root */
function listTests(root) {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('test', path))
    .sort();
}

/**
 * @param {string} root
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runNode(root, args) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--test', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child from the terminal; it is the child that ends in order.
  const wait = () => {};
  process.on('SIGINT', wait);
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(status ?? 3);
    });
  });
}

/**
 * @param {string} path
 * @returns {Counts | undefined}
 */
function readCounts(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Prints the last lines and returns the exit status.
 * @param {number} status
 * @param {Counts | undefined} counts
 */
function conclude(status, counts) {
  if (counts === undefined) {
    console.log('lab: The tests ended without a count of them.');
    return status === 0 ? 3 : status;
  }
  const { passed, failed, skipped } = counts;
  for (const name of failed) console.log(`FAILED   ${name}`);
  for (const { name, reason } of skipped)
    console.log(`SKIPPED  ${name}: ${reason || 'no reason given'}`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  if (failed.length > 0 || passed === 0) return 1;
  return status;
}
