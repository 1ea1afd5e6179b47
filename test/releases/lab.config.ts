import { defineProject } from '../../harness/project.ts';

/** A clone of Linux, for the releases that no archive of Debian has. */
const clone = process.env['LAB_RELEASES_CLONE'];

/** No series: what the engine itself needs of a kernel, on releases of different ages. */
export default defineProject({
  name: 'releases',
  bases: [
    'v6.1',
    'v2.6.30',
    { name: 'v6.12', debian: 'linux-source-6.12' },
    ...(clone === undefined
      ? []
      : ['v2.6.32', 'v2.6.34'].map((revision) => ({
          name: revision,
          repository: clone,
          revision,
        }))),
  ],
});
