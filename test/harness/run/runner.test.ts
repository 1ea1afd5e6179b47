import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labError } from '../../../harness/core/errors.ts';
import type { CaseResult } from '../../../harness/core/events.ts';
import type { Interrogation } from '../../../harness/guest/live-guest.ts';
import type { CaseEnd } from '../../../harness/results/verdict.ts';
import { fakeMachinery, oopsAtCommand } from '../fake-guest.ts';
import type { Answerer, FakeGuest, FakeMachinery } from '../fake-guest.ts';
import { runFixtures } from '../run-fixture.ts';
import type { FixtureOptions } from '../run-fixture.ts';

/** Runs single cases of fixtures/behaviours.ts and returns their results. */
async function behave(
  tests: readonly string[],
  options: FixtureOptions = {},
): Promise<readonly CaseResult[]> {
  const grep = new RegExp(`> (${tests.join('|')})$`);
  return (await runFixtures(['behaviours'], grep, options)).results;
}

async function behaveOne(test: string, options: FixtureOptions = {}): Promise<CaseResult> {
  const [result] = await behave([test], options);
  assert.ok(result);
  return result;
}

/** Does something in a guest when a case sends `command`. */
const onCommand = (act: (guest: FakeGuest) => void): Answerer => {
  return ([command], guest) => {
    if (command === 'command') act(guest);
    return undefined;
  };
};

describe('a case', () => {
  it('passes when it returns in a guest that stays well', async () => {
    const { verdicts, events, machinery } = await runFixtures(['passing'], /./);
    assert.deepEqual(verdicts, [
      ['one', 'pass'],
      ['two', 'pass'],
    ]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['cases-planned', 'guest-started', 'guest-ready']
        .concat(['case-started', 'case-ended', 'case-started', 'case-ended'])
        .concat(['guest-ended']),
    );
    assert.equal(machinery.guests.length, 1);
    const end = events.at(-1);
    assert.ok(end?.type === 'guest-ended' && end.expected);
  });

  it('fails with its assertion, its place and its values', async () => {
    const { verdict, assertion, rerun } = await behaveOne('fails an assertion');
    assert.equal(verdict, 'fail');
    assert.equal(assertion?.expected, '3');
    assert.equal(assertion.actual, '2');
    assert.match(assertion.at ?? '', /^test\/harness\/fixtures\/behaviours\.ts:\d+:\d+$/);
    assert.match(assertion.diff ?? '', /\+\+3/);
    assert.match(
      rerun,
      /^npm run lab -- run test\/.*behaviours\.ts --grep '.*\$' --base v2\.6\.30$/,
    );
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['throws an error', 'case-broken', /TypeError: no such thing/],
    ['throws a string', 'case-threw-no-error', /'a string', which is no Error/],
    ['skips without a reason', 'skip-without-reason', /no reason/],
    ['never settles', 'case-overdue', /not done after 2 s; the guest still answers/],
    ['loops for ever', 'case-overdue', /not done after 2 s; the guest still answers/],
    ['ends its process', 'case-host-ended', /exit status 0/],
    ['rejects unhandled', 'case-broken', /nobody cares/],
    ['throws later', 'case-broken', /too late/],
    ['forgets to await', 'guest-call-not-awaited', /a call of shim\(\)/],
  ];
  for (const [test, code, words] of broken) {
    it(`is an error when it ${test}, and the next one runs`, async () => {
      const answer: Answerer = ([command]) => (command === 'hang' ? null : undefined);
      const [result, next] = await behave([test, 'waits a while'], {
        machinery: fakeMachinery(answer),
        deadline: code === 'case-overdue' ? 2 : 8,
        plan: { grep: new RegExp(`> (${test}|waits a while)$`) },
      });
      assert.equal(result?.verdict, 'error', result?.reason);
      assert.equal(result.error?.code, code);
      assert.match(result.reason ?? '', words);
      assert.equal(next?.verdict, 'pass', next?.reason);
    });
  }

  it('is skipped with its reason', async () => {
    const { verdict, reason } = await behaveOne('skips');
    assert.deepEqual([verdict, reason], ['skip', 'nothing to see here']);
  });

  it('answers for what it threw after its end', async () => {
    const [first, second] = await behave(['leaves a timer behind', 'waits a while']);
    const verdicts = [first?.verdict, second?.verdict];
    assert.ok(verdicts.includes('error'), String(verdicts));
  });

  it('fails when the system call it made does not return', async () => {
    const answer: Answerer = ([command]) => (command === 'checkpoint' ? null : undefined);
    const result = await behaveOne('checkpoints', {
      machinery: fakeMachinery(answer),
      deadline: 2,
    });
    assert.equal(result.verdict, 'fail');
    assert.match(result.reason ?? '', /checkpoint had not returned after 2 s/);
  });

  const silent = (told: Interrogation) => {
    const answer: Answerer = ([command]) =>
      command === 'checkpoint' || command === 'ping' ? null : undefined;
    const interrogate = () => Promise.resolve(told);
    const machinery = fakeMachinery(answer, undefined, { interrogate });
    const options = { machinery, factor: 0.25, plan: { repeat: 2 } };
    return runFixtures(['behaviours'], /checkpoints$/, options);
  };

  it('is an error when the guest no longer answers, with what the guest says of it', async () => {
    const lines = ['CPU 0 is at a loop', 'RIP: somewhere'];
    const [result, next] = (await silent({ lines })).results;
    assert.deepEqual([result?.verdict, result?.error?.code], ['error', 'guest-hang']);
    assert.deepEqual(result?.error?.details, lines);
    assert.match(result.reason ?? '', /no longer answers; CPU 0 is at a loop$/);
    assert.notEqual(next?.guest, result.guest);
  });

  it('fails when the guest no longer answers since its kernel hangs', async () => {
    const lines = ['CPU 0 is at a loop'];
    const [result, next] = (await silent({ lines, stuck: 'it loops' })).results;
    assert.deepEqual([result?.verdict, result?.error?.code], ['fail', 'kernel-hang']);
    assert.match(result?.reason ?? '', /^the kernel hangs: it loops; not done after/);
    assert.deepEqual(result?.error?.details, lines);
    assert.notEqual(next?.guest, result.guest);
  });
});

describe('hooks', () => {
  it('run once per guest and around each case', async () => {
    const { verdicts, machinery } = await runFixtures(['hooks', 'passing'], /./);
    assert.ok(verdicts.every(([, verdict]) => verdict === 'pass'));
    const hooks = machinery.guests[0]?.commands.filter((command) => command.startsWith('hook'));
    assert.deepEqual(hooks, ['hook before', 'hook after']);
  });

  it('run again in another guest', async () => {
    const { verdicts, machinery } = await runFixtures(['hooks'], /one$/, {
      isolation: 'case',
      plan: { repeat: 2 },
    });
    assert.ok(verdicts.every(([, verdict]) => verdict === 'pass'));
    for (const { commands } of machinery.guests)
      assert.equal(commands.filter((command) => command.startsWith('hook')).length, 2);
    assert.equal(machinery.guests.length, 2);
  });

  const throwing: readonly (readonly [string, string, string])[] = [
    ['throws-in-before', 'error', 'error'],
    ['throws-in-before-each', 'error', 'error'],
    ['throws-in-after-each', 'error', 'error'],
    // It runs after the last case, and that is the case it is told of.
    ['throws-in-after', 'pass', 'error'],
  ];
  for (const [name, one, two] of throwing) {
    it(`are heard: ${name}`, async () => {
      const { verdicts, results } = await runFixtures([name], /./);
      assert.deepEqual(
        verdicts.map(([, verdict]) => verdict),
        [one, two],
      );
      assert.match(results.at(-1)?.reason ?? '', /hook: .*broken hook/);
    });
  }
});

describe('the console', () => {
  it('fails the case during which the kernel complains', async () => {
    const answer: Answerer = ([command], guest) => {
      if (command === 'command') guest.print('BUG: oh no');
      return command === 'checkpoint' ? checkpointAnswer : undefined;
    };
    const options = { machinery: fakeMachinery(answer) };
    const [first, second] = await behave(['sends a command', 'checkpoints'], options);
    assert.equal(first?.verdict, 'fail');
    assert.match(first.reason ?? '', /^kernel bug: BUG: oh no/);
    assert.equal(first.findings.length, 1);
    assert.equal(second?.verdict, 'pass', second?.reason);
    assert.notEqual(second.guest, first.guest, 'a guest that complained is not used again');
  });

  it('lets a complaint pass that the case expects', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.print('BUG: expected')));
    assert.equal((await behaveOne('expects a line', { machinery })).verdict, 'pass');
  });

  it('fails a case whose expected line does not come', async () => {
    const { verdict, assertion } = await behaveOne('expects a line', {
      factor: 0.05,
      deadline: 40,
    });
    assert.equal(verdict, 'fail');
    assert.equal(assertion?.operator, 'expect');
  });

  it('shows a case its own lines only', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.print('a line of this case')));
    const { verdict, console, reason } = await behaveOne('sees its own lines only', { machinery });
    assert.equal(verdict, 'pass', reason);
    assert.deepEqual(console, ['a line of this case']);
  });

  it('fails the case after which the kernel complains', async () => {
    const late: Answerer = ([command, text], guest) => {
      // The next case's marker is what comes between the two.
      if (command === 'mark' && text?.includes('two') === true) guest.print('BUG: late');
      return undefined;
    };
    const { results } = await runFixtures(['passing'], /./, { machinery: fakeMachinery(late) });
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['fail', 'pass'],
    );
    assert.match(results[0]?.reason ?? '', /^after the case: kernel bug: BUG: late/);
  });

  it('fails the last case when the kernel complains after it', async () => {
    const late: Answerer = ([command, text], guest) => {
      if (command === 'mark' && text?.includes('this guest') === true) guest.print('BUG: late');
      return undefined;
    };
    const { results } = await runFixtures(['passing'], /./, { machinery: fakeMachinery(late) });
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['pass', 'fail'],
    );
  });

  it('fails the first case of a guest that complained while it came up', async () => {
    const early: Answerer = ([command, text], guest) => {
      if (command === 'mark' && text?.includes('one') === true) guest.print('BUG: early');
      return undefined;
    };
    const { results } = await runFixtures(['passing'], /./, { machinery: fakeMachinery(early) });
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['fail', 'pass'],
    );
    assert.match(results[0]?.reason ?? '', /^before the case, while the guest came up/);
  });

  it('is not believed when the scan finds nothing any more', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.deaden('blind')));
    const result = await behaveOne('sends a command', { machinery });
    assert.equal(result.error?.code, 'console-scan-dead');
    assert.match(result.reason ?? '', /did not notice "lab: canary/);
  });

  it('is not believed when the scan stands still', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.deaden('stuck')));
    const result = await behaveOne('sends a command', { machinery });
    assert.equal(result.error?.code, 'console-scan-dead');
  });

  it('is not believed from the beginning when the first canary is not seen', async () => {
    const dead: Answerer = ([command], guest) => {
      if (command === 'write') guest.deaden('blind');
      return undefined;
    };
    const ran = await runFixtures(['behaviours'], /passes$/, { machinery: fakeMachinery(dead) });
    assert.equal(ran.results[0]?.error?.code, 'console-scan-dead');
    assert.ok(!ran.events.some(({ type }) => type === 'case-started'));
  });

  it('must show the markers', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.silence()));
    const result = await behaveOne('sends a command', { machinery, factor: 0.05, deadline: 40 });
    assert.equal(result.error?.code, 'console-silent');
  });
});

const checkpointAnswer = {
  ret: 1,
  errno: null,
  bytes: 10,
  us: 5,
  timeout: false,
  ended: true,
  status: 0,
  signal: null,
};

describe('a guest', () => {
  it('that panics fails the case it ran, and costs no other', async () => {
    const machinery = fakeMachinery(
      onCommand((guest) => {
        guest.print('Kernel panic - not syncing: gone');
        guest.end({ reason: 'guest-reset' });
      }),
    );
    const [first, second] = await behave(['waits a while', 'sends a command'], { machinery });
    assert.equal(first?.verdict, 'pass');
    assert.equal(second?.verdict, 'fail');
    assert.match(second.reason ?? '', /kernel panic: Kernel panic - not syncing: gone/);
  });

  it('whose kernel has died is not asked to undo', async () => {
    let first: FakeGuest | undefined;
    const machinery = fakeMachinery(oopsAtCommand((guest) => (first ??= guest) === guest));
    const [result, next] = await behave(['mounts, and the kernel dies', 'sends a command'], {
      machinery,
    });
    const dead = [result, next].find((each) => each?.guest === first?.name);
    assert.match(dead?.reason ?? '', /^kernel oops: BUG: unable to handle/);
    const commands = first?.commands ?? [];
    assert.deepEqual(commands.slice(commands.indexOf('command') + 1), ['ping']);
    assert.equal(machinery.guests.length, 2);
  });

  it('whose kernel complains but answers is asked for its last line', async () => {
    const oops = 'BUG: unable to handle kernel paging request at 10';
    const machinery = fakeMachinery(onCommand((guest) => guest.print(oops)));
    const result = await behaveOne('mounts, and the kernel dies', { machinery });
    assert.match(result.reason ?? '', /^kernel oops: /);
    const { commands = [] } = machinery.guests[0] ?? {};
    const behind = commands
      .slice(commands.indexOf('command') + 1)
      .map((each) => each.split(' ')[0]);
    assert.ok(behind.includes('mark') && !behind.includes('umount'), behind.join());
  });

  it('whose QEMU is killed is an error of the case it ran, and the rest go on', async () => {
    let killed = false;
    const machinery = fakeMachinery(
      onCommand((guest) => {
        if (!killed) guest.end({ status: null, signal: 'SIGKILL' });
        killed = true;
      }),
    );
    const { results, events } = await runFixtures(['behaviours'], /sends a command$/, {
      machinery,
      plan: { repeat: 2 },
    });
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['error', 'pass'],
    );
    assert.equal(results[0]?.error?.code, 'machine-ended');
    assert.match(results[0].reason ?? '', /killed by SIGKILL/);
    const ends = events.filter((event) => event.type === 'guest-ended');
    assert.deepEqual(
      ends.map((event) => event.expected),
      [false, true],
    );
  });

  it('whose QEMU is gone is noticed though its connection does not tell', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.vanish({ signal: 'SIGKILL' })));
    const result = await behaveOne('waits when interrupted', { machinery });
    assert.equal(result.error?.code, 'machine-ended', result.reason);
  });

  it('that ends with status 0 in the middle is a crash', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.end({ reason: 'guest-reset' })));
    const { verdict, error } = await behaveOne('sends a command', { machinery });
    assert.deepEqual([verdict, error?.fault], ['error', 'guest-crash']);
  });

  it('that ends between two cases is an error of the one before', async () => {
    const between: Answerer = ([command, text], guest) => {
      if (command === 'mark' && text?.includes('two') === true && guest.name.endsWith('-1'))
        guest.end({ status: null, signal: 'SIGKILL' });
      return undefined;
    };
    const { verdicts } = await runFixtures(['passing'], /./, {
      machinery: fakeMachinery(between),
      factor: 0.1,
      deadline: 40,
    });
    assert.deepEqual(verdicts, [
      ['one', 'error'],
      ['two', 'pass'],
    ]);
  });

  it('that ends after the last case is an error of that', async () => {
    const atEnd: Answerer = ([command, text], guest) => {
      if (command === 'mark' && text?.includes('this guest') === true) guest.end({});
      return undefined;
    };
    const options = { machinery: fakeMachinery(atEnd), factor: 0.1, deadline: 40 };
    const { verdicts } = await runFixtures(['passing'], /one$/, options);
    assert.deepEqual(verdicts, [['one', 'error']]);
  });

  it('whose connection goes is an error', async () => {
    const machinery = fakeMachinery(onCommand((guest) => guest.cut()));
    const result = await behaveOne('sends a command', { machinery, factor: 0.1, deadline: 40 });
    assert.deepEqual([result.verdict, result.error?.code], ['error', 'session-lost']);
  });

  it('that does not come up is an error of all its cases, and is tried once', async () => {
    let tried = 0;
    const error = labError({
      code: 'boot-panic',
      fault: 'boot',
      doing: 'booting',
      what: 'panic',
      next: '',
    });
    const machinery = fakeMachinery(undefined, () => {
      tried += 1;
      return error;
    });
    const { results } = await runFixtures(['passing'], /./, { machinery });
    assert.deepEqual(
      results.map((result) => [result.verdict, result.error?.code]),
      [
        ['error', 'boot-panic'],
        ['error', 'boot-panic'],
      ],
    );
    assert.equal(tried, 1);
  });

  it('takes back what a case has made, newest first, also when its process is gone', async () => {
    const ran = await runFixtures(['behaviours'], /makes a folder/);
    const commands = ran.machinery.guests[0]?.commands ?? [];
    const verbs = commands.map((command) => command.split(' ')[0]);
    const undone = verbs.slice(verbs.indexOf('freeze') + 1, verbs.lastIndexOf('rm') + 1);
    assert.deepEqual(undone, ['thaw', 'umount', 'rm']);
  });

  it('that keeps what a case has made is an error and gets no other case', async () => {
    const busy: Answerer = ([command]) =>
      command === 'umount' ? { ret: -1, errno: 'EBUSY' } : undefined;
    const { results, machinery } = await runFixtures(['behaviours'], /leaves a mount behind$/, {
      machinery: fakeMachinery(busy),
      plan: { repeat: 2 },
    });
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['case-not-undone', 'case-not-undone'],
    );
    assert.match(results[0]?.reason ?? '', /mount on .*EBUSY/);
    assert.equal(machinery.guests.length, 2);
  });

  it('hears subjects, also what they say right after their start', async () => {
    const answer: Answerer = ([command], guest) => {
      if (command === 'spawn') {
        setImmediate(() =>
          guest.say({ event: 'line', handle: 1, stream: 'out', text: 'ready pid=50 x=y' }),
        );
        return { handle: 1, pid: 49 };
      }
      if (command === 'input')
        guest.say({ event: 'line', handle: 1, stream: 'out', text: 'you said count' });
      return command === 'end' ? { status: null, signal: 'SIGKILL' } : undefined;
    };
    const machinery = fakeMachinery(answer);
    const result = await behaveOne('starts a subject', { machinery });
    assert.equal(result.verdict, 'pass', result.reason);
    assert.ok(machinery.guests[0]?.commands.includes('end 1'));
  });
});

describe('a run', () => {
  it('tells mistakes as errors, beside the cases that run', async () => {
    const { results } = await runFixtures(['forgotten-run', 'passing'], /./);
    assert.deepEqual(
      results.map(({ verdict, error }) => [verdict, error?.code]),
      [
        ['error', 'suite-without-run'],
        ['pass', undefined],
        ['pass', undefined],
      ],
    );
  });

  it('spreads cases over guests and keeps the order of results', async () => {
    const { results, machinery } = await runFixtures(
      ['behaviours', 'hooks', 'passing'],
      /(waits a while|one|two)$/,
      { jobs: 3 },
    );
    assert.deepEqual(
      results.map(({ suite, test }) => `${suite} ${test}`),
      ['behaviours waits a while', 'hooks one', 'hooks two', 'passing one', 'passing two'],
    );
    assert.equal(machinery.guests.length, 3);
  });

  it('gives each file or case a guest of its own', async () => {
    const count = async (isolation: 'none' | 'file' | 'case') =>
      (await runFixtures(['hooks', 'passing'], /(one|two)$/, { isolation })).machinery.guests
        .length;
    assert.deepEqual([await count('none'), await count('file')], [1, 2]);
    assert.equal(
      (await runFixtures(['passing'], /./, { isolation: 'case' })).machinery.guests.length,
      2,
    );
  });

  it('stops at the first red case when it is to bail, and says so', async () => {
    const { results } = await runFixtures(['behaviours'], /(passes|assertion|an error)$/, {
      bail: true,
    });
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['pass', 'fail', 'not-run'],
    );
    assert.match(results[2]?.reason ?? '', /--bail.*fails an assertion is red/);
  });

  it('ends at an interrupt with a result for every case', async () => {
    const stop = new AbortController();
    const reason = labError({
      code: 'interrupted',
      fault: 'infrastructure',
      doing: 'x',
      what: 'Ctrl-C',
      next: '',
    });
    const machinery = fakeMachinery(onCommand(() => stop.abort(reason)));
    const { results } = await runFixtures(
      ['behaviours', 'passing'],
      /(waits when interrupted|two)$/,
      { machinery, signal: stop.signal, deadline: 60 },
    );
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['interrupted', 'interrupted'],
    );
  });
});

describe('a visitor', () => {
  const hasUndone = ({ guests }: FakeMachinery) =>
    guests[0]?.commands.some((command) => command.startsWith('umount'));

  it('is let in once the case has ended, before anything is undone', async () => {
    const machinery = fakeMachinery();
    const seen: unknown[] = [];
    const visit = (guest: { readonly name: string }, { kind }: { readonly kind: string }) => {
      seen.push(guest.name, kind, hasUndone(machinery));
      return Promise.resolve();
    };
    const { results } = await runFixtures(['behaviours'], /makes a folder/, {
      machinery,
      visit,
    });
    assert.deepEqual(seen, [results[0]?.guest, 'returned', false]);
    assert.ok(hasUndone(machinery));
  });

  it('is told what a red case found', async () => {
    const ends: CaseEnd[] = [];
    await behaveOne('fails an assertion', {
      visit: (_, end) => Promise.resolve(void ends.push(end)),
    });
    const [end] = ends;
    assert.ok(end?.kind === 'returned');
    assert.equal(end.failures[0]?.assertion?.expected, '3');
  });

  it('is not let into a guest whose kernel has died', async () => {
    let visits = 0;
    const machinery = fakeMachinery(oopsAtCommand(() => true));
    const result = await behaveOne('mounts, and the kernel dies', {
      machinery,
      factor: 0.1,
      deadline: 20,
      visit: () => {
        visits++;
        return Promise.resolve();
      },
    });
    assert.equal(result.verdict, 'fail');
    assert.equal(visits, 0);
  });
});
