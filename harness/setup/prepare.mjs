import { npmInstall, whyInstall } from './npm.mjs';
import {
  aptInstall,
  becomeRoot,
  installHints,
  managerOf,
  neededTools,
  packagesFor,
  readOsRelease,
} from './packages.mjs';
import { findCommand, isPresent } from './probe.mjs';

/** @typedef {import('./tools.mjs').Tool} Tool */

/**
 * Makes sure that what the lab needs is there, installing it where that is allowed.
 * Returns whether it is; if not, it has said what is missing and what to type.
 * @param {string} root The repository.
 * @param {{ system: boolean, shown?: boolean }} needs Whether system packages are needed too,
 *   or only shown where the caller can't run to do so.
 */
export function prepare(root, needs) {
  const absent = neededTools().filter((tool) => !isPresent(tool));
  const missing = needs.system ? absent : [];
  const stale = whyInstall(root);
  if (missing.length === 0 && stale === undefined) return true;
  if (process.env['LAB_NO_INSTALL'] === '1') {
    tell('LAB_NO_INSTALL=1 forbids installing what is missing.');
    if (absent.length > 0 && (needs.system || needs.shown === true)) hint(absent);
    if (stale !== undefined) tell(`${capital(stale)}. To install them:\n    npm ci`);
    return false;
  }
  return prepareSystem(missing) && prepareNpm(root, stale);
}

/** @param {readonly Tool[]} missing */
function prepareSystem(missing) {
  if (missing.length === 0) return true;
  const apt = managerOf(readOsRelease()) === 'apt' && findCommand('apt-get') !== undefined;
  const prefix = apt ? becomeRoot() : undefined;
  if (prefix === undefined) {
    hint(missing);
    return false;
  }
  const packages = packagesFor(missing, 'apt');
  tell(`Installing ${packages.join(', ')} with apt${prefix.length > 0 ? ' through sudo' : ''}:`);
  for (const tool of missing) tell(`    ${tool.name}: ${tool.why}`);
  const worked = aptInstall(packages, prefix);
  const left = missing.filter((tool) => !isPresent(tool));
  if (left.length === 0) return true;
  tell(worked ? 'apt is done, but not everything is there now.' : 'apt could not install them.');
  hint(left);
  return false;
}

/**
 * @param {string} root
 * @param {string | undefined} stale
 */
function prepareNpm(root, stale) {
  if (stale === undefined) return true;
  tell(`Installing the npm packages with npm ci: ${stale}.`);
  if (npmInstall(root)) return true;
  tell(`npm ci failed in ${root}; its words are above. Try it by hand there.`);
  return false;
}

/** @param {readonly Tool[]} missing */
function hint(missing) {
  tell('Missing on this machine:');
  for (const tool of missing) tell(`    ${tool.name}: ${tool.why}`);
  tell('To install it:');
  for (const line of installHints(missing, managerOf(readOsRelease()))) tell(`    ${line}`);
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} text */
function tell(text) {
  console.error(`lab: ${text}`);
}
