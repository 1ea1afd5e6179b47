import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/**
 * The part of a lock file that says what is installed where.
 * @typedef {object} LockFile
 * @property {Record<string, { version?: string, optional?: boolean }>} packages
 */

/**
 * Returns why the npm packages have to be installed, or undefined if those that npm says
 * it has installed are those the lock file asks for. npm writes its record last, so an
 * installation that was cut short counts as none.
 * A lab without a lock file was installed by npm, as a package, with all that it needs.
 * @param {string} root
 */
export function whyInstall(root) {
  if (!existsSync(join(root, 'package-lock.json'))) return undefined;
  const wanted = readLock(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new Error(`${root}/package-lock.json cannot be read`);
  const found = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (found === undefined) return 'the npm packages are not installed';
  const off = Object.entries(wanted.packages).filter(
    ([path, { version, optional }]) =>
      path !== '' &&
      version !== found.packages[path]?.version &&
      !(optional === true && found.packages[path] === undefined),
  );
  if (off.length === 0) return undefined;
  return `${off.length} of the npm packages ${off.length === 1 ? 'is' : 'are'} not the one the lock file asks for`;
}

/**
 * @param {string} path
 * @returns {LockFile | undefined}
 */
function readLock(path) {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value?.packages === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Installs exactly what the lock file says and returns whether it worked.
 * @param {string} root
 */
export function npmInstall(root) {
  // npm's first line is "#!/usr/bin/env node": let it find the node that runs this.
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  // `npm run --silent` hands its silence on, and npm's words are needed where it fails.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=notice'];
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 2, 2],
  });
  if (error !== undefined) console.error(`lab: npm could not be started: ${error.message}`);
  return status === 0;
}
