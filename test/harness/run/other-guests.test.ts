import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labError } from '../../../harness/core/errors.ts';
import type { CaseResult } from '../../../harness/core/events.ts';
import { fakeMachinery, oopsAtCommand } from '../fake-guest.ts';
import type { Answerer, FakeGuest } from '../fake-guest.ts';
import { runFixtures } from '../run-fixture.ts';
import type { FixtureOptions } from '../run-fixture.ts';

/** Runs a case of fixtures/two-guests.ts and the one after it in the same guest. */
async function runTwo(test: string, options: FixtureOptions = {}) {
  const grep = new RegExp(`> (${test}|is next)$`);
  const ran = await runFixtures(['two-guests'], grep, options);
  const [result, next] = ran.results as [CaseResult, CaseResult];
  return { ...ran, result, next };
}

/** Does something in the second guest when a case sends `command` there. */
const inTheOther = (act: (guest: FakeGuest) => void): Answerer => {
  return ([command], guest) => {
    if (command === 'command' && guest.name.endsWith('-2')) act(guest);
    return undefined;
  };
};

describe('another guest', () => {
  it('is asked and heard by itself, and ends with its case', async () => {
    const answer: Answerer = ([command], guest) => {
      if (command === 'in the other') guest.print('BUG: said by the other');
      return undefined;
    };
    const { result, next, machinery, events } = await runTwo('asks each for its own', {
      machinery: fakeMachinery(answer),
    });
    assert.equal(result.verdict, 'pass', result.reason);
    const [own, other] = machinery.guests;
    assert.ok(own?.commands.includes('in its own') && !own.commands.includes('in the other'));
    assert.ok(other?.commands.includes('in the other') && !other.commands.includes('in its own'));
    const order = events.map((event) =>
      event.type === 'guest-ended' ? `${event.guest} ended` : event.type,
    );
    assert.ok(order.indexOf('v2.6.30-2 ended') < order.indexOf('case-ended'), order.join(', '));
    assert.ok(result.console.includes('v2.6.30-2: BUG: said by the other'));
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
    assert.equal(machinery.guests.length, 2);
  });

  it('fails the case when its kernel complains, and that case alone', async () => {
    const machinery = fakeMachinery(inTheOther((guest) => guest.print('BUG: oh no')));
    const { result, next } = await runTwo('has the other complain', { machinery });
    assert.equal(result.verdict, 'fail');
    assert.match(result.reason ?? '', /^kernel bug: BUG: oh no/);
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
  });

  it('costs one case when it ends by itself', async () => {
    const machinery = fakeMachinery(
      inTheOther((guest) => guest.end({ status: null, signal: 'SIGKILL' })),
    );
    const options = { machinery, factor: 0.1, deadline: 80 };
    const { result, next } = await runTwo('never comes back from the other', options);
    assert.deepEqual([result.verdict, result.error?.code], ['error', 'machine-ended']);
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
  });

  it('that no longer answers costs one case', async () => {
    const answer: Answerer = ([command], guest) =>
      guest.name.endsWith('-2') && (command === 'command' || command === 'ping') ? null : undefined;
    const options = { machinery: fakeMachinery(answer), factor: 0.1, deadline: 20 };
    const { result, next } = await runTwo('never comes back from the other', options);
    assert.deepEqual([result.verdict, result.error?.code], ['error', 'guest-hang']);
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
  });

  it('that keeps what the case has made is an error', async () => {
    const busy: Answerer = ([command]) =>
      command === 'umount' ? { ret: -1, errno: 'EBUSY' } : undefined;
    const { result, next } = await runTwo('leaves a mount in the other', {
      machinery: fakeMachinery(busy),
    });
    assert.equal(result.error?.code, 'case-not-undone');
    assert.match(result.reason ?? '', /v2\.6\.30-2: mount on .*EBUSY/);
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
  });

  it('has its image shown when the case fails', async () => {
    const answer: Answerer = ([command], { name }) => {
      if (!name.endsWith('-2')) return undefined;
      if (command === 'stat') return { exists: true, size: 3 };
      return command === 'read' ? { data: 'AQID', length: 3, end: true } : undefined;
    };
    const { result } = await runTwo('checkpoints in the other and fails', {
      machinery: fakeMachinery(answer),
    });
    assert.equal(result.verdict, 'fail', result.reason);
    assert.equal(result.artefact, undefined, 'its own guest has none');
    const [image] = result.otherArtefacts ?? [];
    assert.equal(image?.path, 'v2.6.30-2: /tmp/there');
    assert.match(image.lines.join(), /01 02 03/);
  });

  it('whose kernel has died is not asked to undo', async () => {
    const { result, next, machinery } = await runTwo('mounts in the other, and its kernel dies', {
      machinery: fakeMachinery(oopsAtCommand(({ name }) => name.endsWith('-2'))),
    });
    assert.match(result.reason ?? '', /^kernel oops: BUG: unable to handle/);
    const { commands = [] } = machinery.guests[1] ?? {};
    const behind = commands.slice(commands.indexOf('command') + 1);
    assert.deepEqual(behind, ['ping']);
    assert.deepEqual([next.verdict, next.guest], ['pass', result.guest]);
  });

  it('whose console nobody watches is an error', async () => {
    const machinery = fakeMachinery(inTheOther((guest) => guest.deaden('blind')));
    const { result } = await runTwo('has the other complain', { machinery });
    assert.equal(result.error?.code, 'console-scan-dead');
  });

  it('that does not come up is an error of the case', async () => {
    const error = labError({
      code: 'boot-panic',
      fault: 'boot',
      doing: 'booting',
      what: 'panic',
      next: '',
    });
    const machinery = fakeMachinery(undefined, ({ name }) =>
      name.endsWith('-2') ? error : undefined,
    );
    const { result, next } = await runTwo('has the other complain', { machinery });
    assert.deepEqual([result.verdict, result.error?.code], ['error', 'boot-panic']);
    assert.equal(next.verdict, 'pass', next.reason);
  });

  it('must be awaited, and is ended also if it is not', async () => {
    const { result, events } = await runTwo('asks and does not wait');
    assert.equal(result.error?.code, 'guest-call-not-awaited');
    const count = (type: string) => events.filter((event) => event.type === type).length;
    assert.equal(count('guest-ended'), count('guest-started'));
  });

  it('is not for hooks', async () => {
    const { results } = await runFixtures(['another-in-a-hook'], /./);
    assert.equal(results[0]?.error?.code, 'another-in-a-hook');
  });
});
