import { Buffer } from 'node:buffer';
import { suite } from './cr/case.ts';
import { placeOf, placesIn, types } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endWell, savedWorkload, tasksComeTo } from './support/workload.ts';

const test = suite('a restart tool that is killed half-way').needs({ patch: patches.signals });

const tasks = 10;
const group = 'half-way';

/** Where the image stops, by the place of what stands in there; all tasks wait for more. */
const stops: Readonly<Record<string, (bytes: Buffer) => number>> = {
  'after the tree': (bytes) => placeOf(bytes, types.task),
  'within the first task': (bytes) => placeOf(bytes, types.thread),
  'within the last task': (bytes) =>
    placesIn(bytes).findLast(({ type }) => type === types.thread)?.offset ?? 0,
  'before the tail': (bytes) => placeOf(bytes, types.tail),
};

const manners = [
  { manner: [], made: tasks },
  { manner: ['--pids'], made: tasks },
  // The namespace has an init.
  { manner: ['--pidns'], made: tasks + 1 },
];

for (const { manner, made } of manners)
  for (const [where, stopOf] of Object.entries(stops))
    test.needs({ patch: patches.pids })(
      `${['restart', ...manner].join(' ')}, ${where}: no task is left, the next one works`,
      async ({ guest }) => {
        const { workload, image } = await savedWorkload(guest, 'tree');
        const bytes = Buffer.from(await guest.read(image));
        await guest.write(`${image}.part`, bytes.subarray(0, stopOf(bytes)));

        // The shell keeps the FIFO open: the image has not ended, it goes no further.
        const fifo = `${workload.folder}/fifo`;
        const tool = `restart ${manner.join(' ')} ${fifo} & tool=$!`;
        const feed = `exec 3> ${fifo}; cat ${image}.part >&3; echo fed pid=$tool; read end`;
        const words = ['busybox', 'sh', '-c', `mkfifo ${fifo}; ${tool}; ${feed}`];
        const shell = await guest.program(words, { says: /^fed /, group });
        // Beside the tasks and the shell: the tool, and its process that reads on.
        await tasksComeTo(guest, { ...workload, group }, made + 3);
        await guest.shim('signal', String(shell.pid), 'KILL');
        await tasksComeTo(guest, { ...workload, group }, 1);
        await endWell(guest, await bringBack(guest, workload, image, { pids: [...manner] }));
      },
    );

test.run();
