/**
 * What `lab fuzz` begins with: an image of each workload, saved by root, and of those that nobody
 * has to be root for one saved by their user, each with the files that it has open.
 */
import { destroy, runShell, save, startWorkload } from '../support/workload.ts';
import { suite } from './case.ts';

const test = suite('the corpus').within(60);

/** Where the program `fuzz` finds the images, and where `lab fuzz` finds what a case leaves. */
const [folder, packed] = ['/tmp/fuzz-corpus', '/tmp/fuzz-corpus.tar'];

/** Somebody who is not root, and is in no group but its own. */
const user = 1000;

/** What nobody has to be root for, of each kind of state; of larger images most is pages. */
const ofAnybody = [
  ...['count', 'protections', 'file-private', 'fpu', 'copy-on-write', 'shared-memory'],
  ...['shared-file', 'file-offset', 'file-dup', 'file-shared', 'devices', 'folder', 'pipe'],
  ...['pipe-full', 'pipe-half', 'fifo', 'tree', 'threads', 'zombies', 'stopped-child', 'session'],
  ...['limits', 'handlers', 'pending', 'queued', 'altstack', 'timer', 'long-timers', 'nanosleep'],
  ...['poll', 'futex', 'read', 'dead-session', 'robust', 'many-threads', 'shared-all'],
];

/** What only root can set up, or come back as. */
const ofRoot = [
  ...['suspended', 'personality', 'identity', 'place', 'going-on', 'ipc-shm', 'ipc-msg'],
  ...['ipc-msg-wait', 'ipc-sem', 'ipc-undo', 'ipc-limits', 'names', 'brk-shrunk', 'locked'],
  ...['advised', 'zero-device', 'holes', 'made-code', 'file-end', 'stack-growth', 'vectors', 'x87'],
  ...['sleep-relative', 'select', 'sigsuspend', 'sigwait', 'in-handler', 'thread-signals'],
  ...['pipeline', 'shell', 'kill-group', 'deep', 'dead-group', 'early-child', 'death-signal'],
  ...['capabilities', 'undumpable', 'chroot', 'all-limits', 'beyond-end', 'half-read', 'together'],
  ...['masked', 'leaderless', 'batch'],
];

for (const name of [...ofAnybody, ...ofRoot])
  test(`${name}, saved by root`, async ({ guest }) => {
    const workload = await startWorkload(guest, name);
    const image = await save(guest, workload);
    await destroy(guest, workload);
    await pack(`root-${name}`, workload.folder, image, (line) => runShell(guest, line));
  });

for (const name of ofAnybody)
  test(`${name}, saved by its user`, async ({ guest }) => {
    const workload = await startWorkload(guest, name, { user });
    const image = await save(guest, workload, user);
    await destroy(guest, workload);
    await pack(`user-${name}`, workload.folder, image, (line) => runShell(guest, line));
  });

test.run();

async function pack(
  name: string,
  files: string,
  image: string,
  run: (line: string) => Promise<void>,
): Promise<void> {
  await run(`mkdir -p ${folder} && cp ${image} ${folder}/${name}`);
  await run(`cd / && tar -cf ${packed} ${folder.slice(1)}/${name} ${files.slice(1)}`);
  await run(`rm -r ${folder}`);
}
