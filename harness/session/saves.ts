import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { hasCode, labError } from '../core/errors.ts';

/** What was saved below some folders. */
export interface Saves {
  /** Watches a folder, and all below it, from when this resolves. */
  readonly add: (folder: string) => Promise<void>;
  /**
   * Resolves with the files saved since the last call, once there is one and all of what belongs
   * together (a checkout, an editor's rename) has come. Throws the abort's reason.
   */
  readonly next: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly close: () => void;
}

/** Milliseconds without another save after which what came before belongs together. */
const quiet = 150;

/** What editors and git leave beside a file while they save it. */
const noise = /^(\..*|.*~|.*\.sw[a-z]|4913|.*\.(orig|rej|tmp|new))$/;

/** Returns an empty watch. Hidden files and folders are never looked at. */
export function watchSaves(): Saves {
  const watchers = new Map<string, FSWatcher>();
  const saved = new Set<string>();
  let wake: () => void = () => undefined;

  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const add = async (folder: string): Promise<void> => {
    if (watchers.has(folder)) return;
    const watcher = open(folder, (name) => {
      const path = join(folder, name);
      saved.add(path);
      wake();
      // It may be a new folder: what is in it by now counts from here on.
      void adopt(path);
    });
    watchers.set(folder, watcher);
    watcher.on('error', () => drop(folder));
    const entries = await readdir(folder, { withFileTypes: true });
    const below = entries.filter((entry) => entry.isDirectory() && !noise.test(entry.name));
    await Promise.all(below.map(({ name }) => add(join(folder, name))));
  };
  const adopt = async (path: string): Promise<void> => {
    // Gone again, or no folder: then there is nothing to adopt.
    const isFolder = await stat(path).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    if (isFolder) await add(path).catch(() => drop(path));
    else drop(path);
  };
  return {
    add,
    next: async (signal) => {
      while (saved.size === 0) await woken((call) => (wake = call), signal);
      for (let before = 0; before < saved.size;) {
        before = saved.size;
        await later(quiet, undefined, { signal });
      }
      const files = [...saved].sort();
      saved.clear();
      return files;
    },
    close: () => [...watchers.keys()].forEach(drop),
  };
}

function open(folder: string, onName: (name: string) => void): FSWatcher {
  try {
    return watch(folder, (_, name) => {
      if (name !== null && !noise.test(basename(name))) onName(name);
    });
  } catch (error) {
    if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EMFILE')) throw error;
    throw labError({
      code: 'watch-limit',
      fault: 'infrastructure',
      doing: `watching ${folder}`,
      what: 'the system lets a user watch no more files',
      next: 'Raise it: `sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`.',
      cause: error,
    });
  }
}

/** Resolves when what `register` is handed gets called. */
function woken(register: (call: () => void) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', abort, { once: true });
    register(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
