import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { allRefused, inGroups, lastOf, may, says } from './support/claims.ts';
import type { Claim } from './support/claims.ts';
import { types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endAgain, runShell, savedWorkload } from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('an image that says more than who restarts it may have')
  .needs({ patch: patches.ipcUndo })
  .within(60);

/** Whose tasks the image has, and who restarts it: in one group, without a privilege. */
const user = 1000;

const root = 0;

const ids = ['uid', 'gid', 'suid', 'sgid', 'euid', 'egid', 'fsuid', 'fsgid'].map((id, i) =>
  says(
    `root's ${id}`,
    id.includes('uid') ? may.setUid : may.setGid,
    [types.credentials, 8 + 4 * i, 4],
    0n,
  ),
);

const groups = [
  inGroups("root's group", [0]),
  inGroups('one group more', [0, user]),
  inGroups('no group, which may be kept from something', []),
];

const admin = 1n << BigInt(may.admin);

const capabilities = [
  says('a capability', may.admin, [types.credentials, 56, 8], admin),
  says('a capability to inherit', may.admin, [types.credentials, 48, 8], admin),
];

const bounds = [
  says(
    'capabilities that it can never get',
    may.setCaps,
    [types.credentials, 72, 8],
    (old) => old & ~1n,
  ),
  says('a root without privilege', may.setCaps, [types.credentials, 40, 4], 1n),
  says('a root without privilege for ever', may.setCaps, [types.credentials, 40, 4], 3n),
];

/** A hard limit of the last process, by its number. */
const limit = (what: string, number: number, more: bigint) =>
  says(what, may.resources, [types.processSignals, 120 + 16 * number + 8, 8], (old) => old + more);

const limits = [
  ...[limit('more files', 7, 1n), limit('more processes', 6, 1n)],
  ...[limit('more locked memory', 8, 4096n), limit('more pending signals', 11, 1n)],
  limit('a better nice value some day', 13, 1n),
  limit('a real-time priority some day', 14, 1n),
];

const niceness = (what: string, value: bigint) =>
  says(what, may.nice, [types.taskSignals, 72, 4], value);

const others = [
  niceness('a nice value below its own', 0xffffffffn),
  says('another node name', may.admin, [types.namespaces, 16 + 8, 4], 0x61616161n),
  says('being killed later', may.resources, [types.taskScheduling, 28, 4], 0xffffffffn),
];

/** That v6.1 gives to whoever has one of two capabilities. */
const io = says('real-time i/o', may.admin, [types.taskScheduling, 24, 4], 1n << 13n);

/** A saved tree of the user's. */
async function savedTree(guest: Guest) {
  const { workload, image } = await savedWorkload(guest, 'tree', { user });
  return { workload, image, bytes: Buffer.from(await guest.read(image)) };
}

/** Has the tree come back from an image and end well; takes away what would end the next one. */
async function comesBack(
  guest: Guest,
  workload: Workload,
  bytes: Buffer,
  who = root,
): Promise<void> {
  const image = `${workload.folder}/claim`;
  await guest.write(image, bytes);
  await endAgain(guest, await bringBack(guest, workload, image, { user: who }));
}

/** The claims are refused to whom they must be, and root may have them. */
function register(about: string, claims: readonly Claim[], on = test): void {
  on(`${about}: EPERM to its user, and nothing is left`, async ({ guest }) => {
    const { workload, bytes } = await savedTree(guest);
    const attempts = claims.map(({ what, change }) => ({ what, bytes: change(bytes), user }));
    await allRefused(guest, workload, attempts);
    await comesBack(guest, workload, bytes, user);
  });

  on(`${about}: EPERM to root without the capability for it`, async ({ guest }) => {
    const { workload, bytes } = await savedTree(guest);
    const attempts = claims.map(({ what, change, right }) => ({
      what,
      bytes: change(bytes),
      tool: `restart --without ${right}`,
    }));
    await allRefused(guest, workload, attempts);
  });

  on(`${about}: root may have it`, async ({ guest }) => {
    const { workload, bytes } = await savedTree(guest);
    for (const { change } of claims) await comesBack(guest, workload, change(bytes));
  });
}

register('another identity', ids);
register('other groups', groups);
register('capabilities', capabilities);
register('bounds of capabilities', bounds);
register('higher limits', limits);
register('a nice value, a name', others);
register('real-time i/o', [io], test.needs({ base: 'v2.6.30' }));

test.needs({ base: 'v6.1' })(
  'real-time i/o: EPERM to its user, root may have it',
  async ({ guest }) => {
    const { workload, bytes } = await savedTree(guest);
    await allRefused(guest, workload, [{ what: io.what, bytes: io.change(bytes), user }]);
    await comesBack(guest, workload, io.change(bytes));
  },
);

test('a working directory that its user may enter no more: EACCES', async ({ guest }) => {
  const { workload, image } = await savedWorkload(guest, 'place', { user });
  const bytes = Buffer.from(await guest.read(image));
  await runShell(guest, `chmod 0 ${workload.folder}/inside`);
  await allRefused(guest, workload, [{ what: 'as it is', bytes, user, errno: 'EACCES' }]);
  await runShell(guest, `chmod 700 ${workload.folder}/inside`);
  await comesBack(guest, workload, bytes, user);
});

// On 2.6.30 everybody may have those as well.
test.needs({ base: 'v6.1' })(
  'capabilities that there are not: EPERM, to root as well',
  async ({ guest }) => {
    const { workload, bytes } = await savedTree(guest);
    const all = 0xffff_ffff_ffff_ffffn;
    const { what, change } = says('all 64', 0, [types.credentials, 72, 8], all);
    await allRefused(guest, workload, [{ what, bytes: change(bytes) }]);
  },
);

test('what nobody may have: EPERM, to root as well', async ({ guest }) => {
  const { workload, bytes } = await savedTree(guest);
  const nobodys = [
    says('security bits that there are not', 0, [types.credentials, 40, 4], 0x80000000n),
    limit('more files than there may be', 7, 1n << 30n),
  ];
  const attempts = nobodys.map(({ what, change }) => ({ what, bytes: change(bytes) }));
  await allRefused(guest, workload, attempts);
});

test('what everybody may have: its user, too', async ({ guest }) => {
  const { workload, bytes } = await savedTree(guest);
  const everybodys = [
    says('it keeps capabilities', 0, [types.credentials, 40, 4], 0x10n),
    niceness('a nice value above its own', 5n),
    says('a lower soft limit', 0, [types.processSignals, 120 + 16 * 7, 8], 100n),
  ];
  for (const { change } of everybodys) await comesBack(guest, workload, change(bytes), user);
});

test('who has less by then: EPERM, but not to root', async ({ guest }) => {
  const { workload, bytes } = await savedTree(guest);
  const tools = [
    'ulimit -n 100; restart',
    'busybox nice -n 5 restart',
    'busybox chrt -i 0 restart',
  ];
  const attempts = tools.map((tool) => ({ what: tool, tool, bytes, user }));
  await allRefused(guest, workload, attempts);
  await runShell(guest, `chmod 644 ${workload.folder}/claim`);
  for (const tool of tools) {
    const words = `${tool} --copy-status ${workload.folder}/claim`;
    const program = await guest.program(['busybox', 'sh', '-c', words], { says: /^restarted / });
    await endAgain(guest, { ...workload, program });
  }
});

test('another root: EPERM to its user, and root may have it', async ({ guest }) => {
  const { workload, bytes } = await savedTree(guest);
  const folder = await guest.folder();
  await runShell(guest, `mkdir -p ${folder}${workload.folder}`);
  const place = lastOf(bytes, types.directories) + 16;
  assert.is(bytes.readUInt32LE(place), types.fileName);
  const path = Buffer.from(`${folder}\0`);
  const header = Buffer.alloc(8);
  header.writeUInt32LE(types.fileName, 0);
  header.writeUInt32LE(8 + path.length, 4);
  const rest = bytes.subarray(place + bytes.readUInt32LE(place + 4));
  const elsewhere = Buffer.concat([bytes.subarray(0, place), header, path, rest]);
  const attempts = [
    { what: 'its user', user },
    { what: 'root without the capability', tool: `restart --without ${may.chroot}` },
  ].map((attempt) => ({ ...attempt, bytes: elsewhere }));
  await allRefused(guest, workload, attempts);
  // One of the leaves looks there.
  await guest.write(`${folder}${workload.folder}/go`, '');
  await comesBack(guest, workload, elsewhere);
});

test.run();
