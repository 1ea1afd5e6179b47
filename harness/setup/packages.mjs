import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tools } from './tools.mjs';
import { findCommand } from './probe.mjs';

/** @typedef {import('./tools.mjs').Tool} Tool */
/** @typedef {'apt' | 'dnf' | 'pacman' | 'zypper'} Manager */

/** @type {Readonly<Record<Manager, string>>} */
const installCommands = {
  apt: 'apt-get install -y --no-install-recommends',
  dnf: 'dnf install -y',
  pacman: 'pacman -S --needed --noconfirm',
  zypper: 'zypper --non-interactive install --no-recommends',
};

const allManagers = /** @type {Manager[]} */ (Object.keys(installCommands));

/** @type {readonly (readonly [Manager, RegExp])[]} */
const families = [
  ['apt', /\b(debian|ubuntu)\b/],
  ['dnf', /\b(fedora|rhel|centos)\b/],
  ['pacman', /\barch\b/],
  ['zypper', /\b(suse|opensuse|sles)\b/],
];

/**
 * Returns the package manager of the distribution that an os-release file describes, or
 * undefined for one the lab does not know.
 * @param {string} osRelease
 * @returns {Manager | undefined}
 */
export function managerOf(osRelease) {
  const ids = osRelease
    .split('\n')
    .filter((line) => /^ID(_LIKE)?=/.test(line))
    .join(' ');
  return families.find(([, pattern]) => pattern.test(ids))?.[0];
}

/** Returns the text of this system's os-release file, empty if it has none. */
export function readOsRelease() {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      continue;
    }
  }
  return '';
}

/**
 * Returns the tools that a system of this distribution needs.
 * @param {string} osRelease
 */
export function neededTools(osRelease = readOsRelease()) {
  const manager = managerOf(osRelease);
  return tools.filter((tool) => tool.manager === undefined || tool.manager === manager);
}

/**
 * Returns the packages that hold some tools, each once.
 * @param {readonly Tool[]} missing
 * @param {Manager} manager
 */
export function packagesFor(missing, manager) {
  const names = missing.flatMap((tool) => (tool.packages[manager] ?? '').split(' '));
  return [...new Set(names)].filter((name) => name !== '');
}

/**
 * Returns the one command that installs some tools, or one per package manager where it
 * is not known which applies.
 * @param {readonly Tool[]} missing
 * @param {Manager | undefined} manager
 * @returns {string[]}
 */
export function installHints(missing, manager) {
  const managers = manager === undefined ? allManagers : [manager];
  return managers.flatMap((name) => {
    const packages = packagesFor(missing, name);
    return packages.length === 0 ? [] : [`sudo ${installCommands[name]} ${packages.join(' ')}`];
  });
}

/**
 * Returns what to put before a command to run it as root: nothing, or sudo where it asks
 * for no password. Returns undefined where there is no way.
 * @returns {string[] | undefined}
 */
export function becomeRoot() {
  if (process.getuid?.() === 0) return [];
  const sudo = findCommand('sudo');
  if (sudo === undefined) return undefined;
  return spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? [sudo, '-n']
    : undefined;
}

/**
 * Installs packages with apt and returns whether it worked. apt's own output goes to the
 * standard error stream: the lab's standard output may be read by a program.
 * @param {readonly string[]} packages
 * @param {readonly string[]} prefix
 */
export function aptInstall(packages, prefix) {
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'];
  // An index that can't be refreshed may still hold what is needed: apt-get install has the last word.
  run([...prefix, ...apt, '-q', 'update']);
  return run([
    ...prefix,
    ...apt,
    ...['-q', '-y', '-o', 'Dpkg::Use-Pty=0', 'install', '--no-install-recommends', ...packages],
  ]);
}

/** @param {readonly string[]} argv */
function run(argv) {
  const [command = '', ...rest] = argv;
  return spawnSync(command, rest, { stdio: ['ignore', 2, 2] }).status === 0;
}
