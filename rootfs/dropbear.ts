import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { architectures } from '../harness/core/architectures.ts';
import type { Recipe } from './recipe.ts';

/** Parts of dropbear that a guest without users and logs has no use for. */
const without = [
  'zlib',
  'lastlog',
  'utmp',
  'utmpx',
  'wtmp',
  'wtmpx',
  'loginfunc',
  'pututline',
  'pututxline',
  'pam',
  'harden',
  // Not syslog: without it dropbear refuses to serve a single connection (-i).
];

/** The guest's SSH server: static, one process per connection. */
export const dropbear: Recipe = {
  name: 'dropbear',
  config: 'dropbear-options.h',
  module: import.meta.filename,
  build: async ({ tree, config, compiler, jobs, shell }) => {
    await copyFile(config, join(tree, 'localoptions.h'));
    const env = { CC: compiler.command, CFLAGS: '-O2', LDFLAGS: '-s' };
    const { target } = architectures[compiler.architecture];
    const host = target === undefined ? [] : [`--host=${target}`];
    const switches = [...without.map((name) => `--disable-${name}`), ...host];
    await shell('./configure', ['--enable-static', '--enable-bundled-libtom', ...switches], env);
    await shell('make', [jobs, 'PROGRAMS=dropbear'], env);
    return ['dropbear'];
  },
};
