import { assert, suite } from './cr/case.ts';
import type { Needs } from './cr/case.ts';
import { patches } from './support/patches.ts';
import { needsFeature } from './support/processor.ts';
import { frozenSubject, nameOf } from './support/tasks.ts';

const test = suite('what a checkpoint refuses of what the kernel guards, by name').needs({
  patch: patches.signals,
});

interface Refusal extends Needs {
  readonly errno?: string;
  /** What the record says after the task's name. */
  readonly says: RegExp;
  /** What it needs of the processor. */
  readonly feature?: string;
}

const base = 'v6.1';
const keys = { base, feature: 'ospke' };

/** What a task is guarded by, or against, and what is said of it; ENOSYS unless another is. */
const refusals: Readonly<Record<string, Refusal>> = {
  strict: { says: /^is confined by seccomp$/ },
  filter: { base, says: /^is confined by seccomp$/ },
  watch: {
    base,
    errno: 'EBADF',
    says: /^fd \d+: file of anon_inodefs is not supported: anon_inode:\[userfaultfd\]$/,
  },
  watched: { base, says: /^mapping \w+-\w+ is watched by a userfaultfd$/ },
  key: { ...keys, says: /^has protection keys$/ },
  locked: { ...keys, says: /^mapping \w+-\w+ is under a protection key$/ },
  unreadable: { ...keys, says: /^mapping \w+-\w+ is under a protection key$/ },
  probe: { base, says: /^has uprobes$/ },
};

for (const [kind, { errno = 'ENOSYS', says, feature, ...needs }] of Object.entries(refusals))
  test.needs(needs)(`${kind}: ${errno}, and the record says what it is`, async ({ guest }) => {
    if (feature !== undefined) await needsFeature(guest, feature);
    const target = await frozenSubject(guest, 'guarded', { args: [kind] });
    const result = await guest.checkpoint(target.pid);
    assert.is(result.errno, errno);
    const { error = '' } = await result.image();
    const start = `task ${await nameOf(guest, target.pid)} `;
    assert.ok(error.startsWith(start), error);
    assert.match(error.slice(start.length), says);
    // It can go on, and be refused again.
    await guest.thaw(target.pid);
    assert.is((await guest.state(target.pid)).state, 'S', 'it sleeps on');
    await guest.freeze(target.pid);
    assert.is((await guest.checkpoint(target.pid)).errno, errno);
  });

test.run();
