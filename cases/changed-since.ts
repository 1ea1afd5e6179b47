import { Buffer } from 'node:buffer';
import { assert, suite } from './cr/case.ts';
import type { Guest } from './cr/case.ts';
import { placesIn, types, withNumber } from './support/image.ts';
import { patches } from './support/patches.ts';
import { bringBack, endWell, runShell, savedWorkload } from './support/workload.ts';
import type { Workload } from './support/workload.ts';

const test = suite('restart where something is not what it was').within(60);

/** What is done to the image, or to the file that the workload has open. */
interface Change {
  readonly what: string;
  readonly patch: string;
  readonly edit?: (bytes: Buffer) => Buffer;
  readonly line?: (file: string) => string;
  readonly errno: 'EINVAL' | 'ENOEXEC' | 'ESTALE';
  /** What the kernel's log says; undefined where it is no image at all. */
  readonly log: RegExp | undefined;
  /** With what `restart` takes it nonetheless; undefined if nothing helps. */
  readonly option?: string | undefined;
}

/** Changes a number in each object of a type, or in the one of them that is said. */
function changed(
  type: number,
  at: number,
  size: 4 | 8,
  change: (was: bigint) => bigint,
  which?: number,
): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const places = placesIn(bytes).filter((place) => place.type === type);
    const chosen = which === undefined ? places : places.slice(which, which + 1);
    assert.ok(chosen.length > 0, `the image has an object of type ${type}`);
    return chosen.reduce((copy, { offset }) => {
      const place = offset + at;
      const was = size === 8 ? bytes.readBigUInt64LE(place) : BigInt(bytes.readUInt32LE(place));
      return withNumber(copy, place, size, change(was));
    }, bytes);
  };
}

const kernel = { patch: patches.otherKernel, errno: 'ENOEXEC', option: '--other-kernel' } as const;
const files = { patch: patches.changedFiles, errno: 'ESTALE', option: '--changed-files' } as const;
const cpu = { patch: patches.lesserCpu, errno: 'ENOEXEC', option: '--lesser-cpu' } as const;
/** A digit of the text, `2.6.30` or `#1`, becomes another: the second byte after the header. */
const another = (was: bigint) => was ^ 0x0100n;

const changes: readonly Change[] = [
  {
    what: 'a kernel of another release',
    ...kernel,
    edit: changed(types.buffer, 8, 4, another, 0),
    log: /the image is of another kernel, release \S+ and not \S+$/,
  },
  {
    what: 'a kernel that was built anew',
    ...kernel,
    edit: changed(types.buffer, 8, 4, another, 1),
    log: /the image is of another kernel, version .* and not #1 /,
  },
  {
    what: 'another machine',
    ...kernel,
    edit: changed(types.buffer, 8, 4, another, 2),
    log: /the image is of another kernel, machine \S+ and not \S*86\S*$/,
  },
  {
    what: 'a kernel with other code',
    ...kernel,
    edit: changed(types.buildId, 24, 4, (was) => was ^ 1n),
    log: /the image is of another kernel, build [\da-f]{40} and not [\da-f]{40}$/,
  },
  {
    what: 'a file that has grown',
    ...files,
    line: (file) => `echo >> ${file}`,
    log: /file \/\S+\/file: has changed, from 4096 bytes to 4097$/,
  },
  {
    what: 'a file that was written to, and is as long as before',
    ...files,
    line: (file) => `cp ${file} ${file}.copy && cat ${file}.copy > ${file}`,
    log: /file \/\S+\/file: has changed, at \d+\.\d{9} and not \d+\.\d{9}$/,
  },
  {
    what: 'files that were written to a second before',
    ...files,
    edit: changed(types.fileStamp, 24, 8, (was) => was + 1n),
    log: /file \/\S+: has changed, at \d+\.\d{9} and not \d+\.\d{9}$/,
  },
  {
    what: 'a file that was written to within the same second',
    ...files,
    edit: changed(types.fileStamp, 32, 4, (was) => (was + 1n) % 1_000_000_000n),
    log: /file \/\S+: has changed, at \d+\.\d{9} and not \d+\.\d{9}$/,
  },
  {
    what: 'another file in its place',
    ...files,
    line: (file) => `cp ${file} ${file}.new && echo >> ${file}.new && mv ${file}.new ${file}`,
    log: /file \/\S+\/file: has changed, from 4096 bytes to 4097$/,
  },
  {
    what: 'a file that is a folder',
    ...files,
    edit: changed(types.fileStamp, 8, 4, () => 0o040000n),
    log: /file \/\S+: is another kind of file$/,
    option: undefined,
  },
  {
    what: 'padding of BUILD_ID',
    ...kernel,
    edit: changed(types.buildId, 28, 4, () => 1n),
    errno: 'EINVAL',
    log: undefined,
    option: undefined,
  },
  {
    what: 'a file that is neither the image nor not',
    ...files,
    edit: changed(types.fileStamp, 36, 4, () => 2n),
    errno: 'EINVAL',
    log: undefined,
    option: undefined,
  },
  {
    what: 'a processor without an instruction that was there',
    ...cpu,
    edit: changed(types.cpuFeatures, 8 + 4 * 4, 4, (was) => was | (1n << 16n)),
    log: /the processor lacks features of CPUID 7\.ebx: 00010000$/,
  },
];

for (const { what, patch, edit, line, errno, log, option } of changes) {
  test.needs({ patch: patches.tree }).needs({ patch })(
    `${what}: ${errno}${log === undefined ? '' : ', the log names it'}${option === undefined ? '' : `, ${option} lets it be`}`,
    async ({ guest }) => {
      const { workload, image } = await savedWorkload(guest, 'file-offset');
      if (edit !== undefined) await rewrite(guest, image, edit);
      if (line !== undefined) await runShell(guest, line(`${workload.folder}/file`));
      const { status, errors } = await guest.run(['restart', image]);
      assert.is(status, 1, 'the kernel has refused it');
      assert.match(errors.join('\n'), new RegExp(`sys_restart: ${errno}`));
      if (log !== undefined)
        await guest.console.expect(new RegExp(`c/r: restart by task \\d+: ${log.source}`));
      if (option === undefined) return;
      assert.match(errors.join('\n'), new RegExp(option), 'the tool says what would help');
      await comesBack(guest, workload, image, [option]);
    },
  );
}

test.needs({ patch: patches.lesserCpu })(
  'a processor that has more: it comes back',
  async ({ guest }) => {
    const { workload, image } = await savedWorkload(guest, 'file-offset');
    await rewrite(
      guest,
      image,
      changed(types.cpuFeatures, 8, 4, () => 0n),
    );
    await comesBack(guest, workload, image, []);
  },
);

test.needs({ patch: patches.changedFiles })(
  'a copy that has lost the parts of its second: it comes back',
  async ({ guest }) => {
    const { workload, image } = await savedWorkload(guest, 'file-offset');
    const file = `${workload.folder}/file`;
    await runShell(
      guest,
      `tar -cf ${file}.tar -C / ${file.slice(1)}; rm ${file}; tar -xf ${file}.tar -C /`,
    );
    await comesBack(guest, workload, image, []);
  },
);

async function rewrite(guest: Guest, image: string, edit: (bytes: Buffer) => Buffer) {
  const bytes = Buffer.from(await guest.read(image));
  const other = edit(bytes);
  assert.not.equal(other, bytes, 'the image is another now');
  await guest.write(image, other);
}

async function comesBack(
  guest: Guest,
  workload: Workload,
  image: string,
  differing: readonly string[],
) {
  await endWell(guest, await bringBack(guest, workload, image, { differing }));
}

test.run();
