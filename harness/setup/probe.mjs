import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {import('./tools.mjs').Tool} Tool */

/**
 * Returns the absolute path of a command, or undefined. Looks at PATH alone, in order.
 * @param {string} command
 * @param {string | undefined} path
 */
export function findCommand(command, path = process.env['PATH']) {
  for (const folder of (path ?? '').split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, command);
    if (isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Tells whether a tool is there. Looks for what is used and asks no package manager: a
 * tool built from source counts.
 * @param {Tool} tool
 * @param {string | undefined} path
 */
export function isPresent(tool, path = process.env['PATH']) {
  const commands = tool.commands ?? [];
  const files = tool.files ?? [];
  return (
    commands.every((command) => findCommand(command, path) !== undefined) &&
    (files.length === 0 || files.some((file) => existsSync(file)))
  );
}
