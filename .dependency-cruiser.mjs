/**
 * The house's floors, from the ground up. A file may import from floors below its own and from
 * its own room; rooms of one floor do not import one another. docs/architecture.md says what
 * is in each.
 */
export const floors = [
  ['harness/core', 'harness/setup'],
  ['harness/store', 'harness/suite', 'qemu'],
  ['kernel', 'rootfs', 'harness/results'],
  ['harness/coverage', 'harness/fuzz', 'harness/mutate'],
  ['harness/plan', 'harness/report'],
  ['harness/guest'],
  ['harness/run'],
  ['harness/proofs'],
  ['harness/session'],
  ['harness/bench'],
  ['harness/cli'],
];

/** The kernel's own rooms, from the ground up. */
const kernelRooms = [['kernel/series'], ['kernel/tree'], ['kernel/source'], ['kernel/build']];

const all = floors.flat();

/** A rule a room: what it may not import of these floors. */
function rulesFor(storeys, within) {
  return storeys.flatMap((rooms, height) =>
    rooms.map((room) => ({
      name: `floor-of-${room.replace('/', '-')}`,
      comment: `${room} may import ${within} only from below its own floor`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: {
        path: storeys
          .slice(height)
          .flat()
          .filter((other) => other !== room)
          .map((other) => `^${other}/`)
          .concat('^$'),
      },
    })),
  );
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'of two files that need each other, what both need belongs into a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...rulesFor(floors, 'rooms'),
    ...rulesFor(kernelRooms, "the kernel's rooms"),
    {
      name: 'engine-knows-no-project',
      comment: 'what is the project’s own reaches the engine through lab.config.ts',
      severity: 'error',
      from: { path: all.map((room) => `^${room}/`) },
      to: { path: '^(cases|lab[.]config[.]ts)' },
    },
    {
      name: 'cases-know-the-api-only',
      comment: 'cases see the guest’s API and nothing below it',
      severity: 'error',
      from: { path: '^cases/', pathNot: '^cases/cr/' },
      to: { path: '^(harness|kernel|qemu|rootfs)/', pathNot: '^harness/case[.]ts$' },
    },
    {
      name: 'project-knows-the-ground-only',
      comment: 'a project’s own code stands on the case API, the project API and core',
      severity: 'error',
      from: { path: '^(cases/cr/|lab[.]config[.]ts$)' },
      to: {
        path: '^(harness|kernel|qemu|rootfs)/',
        pathNot: '^harness/(core/|case[.]ts$|project[.]ts$)',
      },
    },
    {
      name: 'examples-know-the-api-only',
      comment: 'an example has what a project of anybody has: cr-lab/case and cr-lab/project',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { pathNot: '^(examples/$1/|cr-lab/(case|project)$)', dependencyTypesNot: ['core'] },
    },
    {
      name: 'engine-needs-no-test',
      severity: 'error',
      comment: 'tests know the engine, not the other way round',
      from: { path: all.map((room) => `^${room}/`) },
      to: { path: '^(test|docs)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.json'] },
  },
};
