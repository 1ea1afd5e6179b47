import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openShim } from '../../../harness/guest/open-shim.ts';
import type { ShimOptions } from '../../../harness/guest/open-shim.ts';
import { foreignKey, serveShim, startFakeSsh, startMute } from '../fake-ssh.ts';
import type { FakeSsh, Serve } from '../fake-ssh.ts';

async function withGuest(
  guest: Promise<FakeSsh>,
  work: (options: ShimOptions) => Promise<void>,
): Promise<void> {
  const fake = await guest;
  try {
    await work(fake.options);
  } finally {
    await fake.close();
  }
}

const withShim = (
  answer: Parameters<typeof serveShim>[0],
  work: (options: ShimOptions) => Promise<void>,
  change: Partial<ShimOptions> = {},
) => withGuest(startFakeSsh(serveShim(answer), change), work);

describe('openShim', () => {
  it('answers calls by their ids, in whatever order they come', () =>
    withShim(
      (words, channel) => {
        if (words[0] !== 'slow') return { words };
        setTimeout(() => channel.write('{"id":1,"late":true}\n'), 50);
        return undefined;
      },
      async (options) => {
        const shim = await openShim(options);
        const slow = shim.call(['slow']);
        const quick = await shim.call(['a', 'tab\there', 'back\\slash', 'line\nend']);
        assert.deepEqual(quick['words'], ['a', 'tab\\there', 'back\\\\slash', 'line\\nend']);
        assert.equal((await slow)['late'], true);
        shim.close();
      },
    ));

  it('hands events to those who listen', () =>
    withShim(
      (_words, channel) => {
        channel.write('{"event":"line","handle":1,"text":"ready pid=5"}\n');
        return {};
      },
      async (options) => {
        const shim = await openShim(options);
        const seen: unknown[] = [];
        const stop = shim.onEvent((event) => void seen.push(event['text']));
        await shim.call(['spawn']);
        stop();
        await shim.call(['spawn']);
        assert.deepEqual(seen, ['ready pid=5']);
        shim.close();
      },
    ));

  it('reads a line of 8 MiB and writes one to a guest that reads slowly', () => {
    const text = 'x'.repeat(8 << 20);
    return withShim(
      (words, channel) => {
        channel.pause();
        setTimeout(() => channel.resume(), 20);
        return { length: words[1]?.length, text };
      },
      async (options) => {
        const shim = await openShim({ ...options, callDeadline: 20_000 });
        const [one, two] = await Promise.all([
          shim.call(['write', text]),
          shim.call(['write', 'short']),
        ]);
        assert.equal(one['length'], text.length);
        assert.equal(one['text'], text);
        assert.equal(two['length'], 5);
        shim.close();
      },
    );
  });

  it('gives a call up at its deadline, and stays of use', () =>
    withShim(
      (words) => (words[0] === 'hang' ? undefined : {}),
      async (options) => {
        const shim = await openShim(options);
        await assert.rejects(shim.call(['hang'], { deadline: 30 }), {
          code: 'shim-overdue',
          fault: 'guest-hang',
        });
        await shim.call(['ping']);
        shim.close();
      },
    ));

  it('takes a connection that closes without an exit status for a lost guest', () =>
    withShim(
      (_words, _channel, end) => {
        end();
        return undefined;
      },
      async (options) => {
        const shim = await openShim(options);
        await assert.rejects(shim.call(['ping']), { code: 'session-lost' });
        assert.equal((await shim.lost).fault, 'guest-hang');
        await assert.rejects(shim.call(['ping']), { code: 'session-lost' });
      },
    ));

  it('takes a channel that closes without an exit status for a lost guest', () =>
    withShim(
      (_words, channel) => {
        channel.close();
        return undefined;
      },
      async (options) => {
        const shim = await openShim(options);
        await assert.rejects(shim.call(['ping']), { code: 'session-lost' });
        assert.equal((await shim.lost).code, 'session-lost');
      },
    ));

  it("says the shim's status when that is what ended", () =>
    withShim(
      (_words, channel) => {
        channel.stderr.write('out of handles\n');
        channel.exit(3);
        channel.end();
        return undefined;
      },
      async (options) => {
        const shim = await openShim(options);
        const error = await shim.call(['ping']).then(
          () => assert.fail('it answered'),
          (reason: unknown) => reason,
        );
        assert.match(String(error), /its shim ended with status 3/);
        assert.deepEqual((await shim.lost).details, ['out of handles']);
      },
    ));

  it("lets the machine's own word win over a connection that is gone", () => {
    const probe = () =>
      Promise.resolve({
        code: 'guest-crashed',
        fault: 'guest-crash' as const,
        doing: 'running',
        what: 'Kernel panic',
        next: '',
      });
    return withShim(
      (_words, _channel, end) => {
        end();
        return undefined;
      },
      async (options) => {
        const shim = await openShim({ ...options, probe });
        await assert.rejects(shim.call(['ping']), { fault: 'guest-crash' });
        assert.equal((await shim.lost).code, 'guest-crashed');
      },
    );
  });

  it('is not lost when the lab closes it', () =>
    withShim(
      () => ({}),
      async (options) => {
        const shim = await openShim(options);
        shim.close();
        const first = await Promise.race([
          shim.lost.then(() => 'lost'),
          new Promise((resolve) => setTimeout(() => resolve('quiet'), 100)),
        ]);
        assert.equal(first, 'quiet');
        await assert.rejects(shim.call(['ping']), { code: 'session-closed' });
      },
    ));

  it('refuses a guest with another host key', () =>
    withShim(
      () => ({}),
      async (options) => {
        await assert.rejects(openShim(options), { code: 'ssh-wrong-host-key' });
      },
      { hostKey: foreignKey },
    ));

  it('gives up on a guest that takes the connection and says nothing', () =>
    withGuest(startMute({ deadline: 150 }), async (options) => {
      await assert.rejects(openShim(options), /no login|handshake/i);
    }));

  it('waits on for a shim whose guest the host does not let run', () => {
    let kept = 0;
    const serve: Serve = () => undefined;
    return withGuest(startFakeSsh(serve, { deadline: 300 }), async (options) => {
      const start = performance.now();
      // All that passes until 900 ms is the host's.
      const busy = () => Promise.resolve((kept = Math.min(900, performance.now() - start)));
      await assert.rejects(openShim({ ...options, kept: busy }), /does not greet/);
      assert.ok(performance.now() - start >= 1200, 'the host has kept 900 ms of it');
      assert.equal(kept, 900);
    });
  });

  it('gives up on a shim that does not greet', () => {
    const serve: Serve = () => undefined;
    return withGuest(startFakeSsh(serve, { deadline: 300 }), async (options) => {
      await assert.rejects(openShim(options), /does not greet/);
    });
  });

  it('ends at what is no JSON', () =>
    withShim(
      (_words, channel) => {
        channel.write('Segmentation fault\n');
        return undefined;
      },
      async (options) => {
        const shim = await openShim(options);
        await assert.rejects(shim.call(['ping']), { code: 'shim-garbled' });
        assert.equal((await shim.lost).code, 'shim-garbled');
      },
    ));

  it('does not sit out delayed acknowledgements, 40 ms a call', () =>
    withShim(
      () => ({}),
      async (options) => {
        const shim = await openShim(options);
        const times: number[] = [];
        for (let n = 0; n < 50; n += 1) {
          const start = performance.now();
          await shim.call(['ping']);
          times.push(performance.now() - start);
        }
        const median = times.sort((a, b) => a - b)[25] ?? Infinity;
        assert.ok(median < 20, `${median} ms`);
        shim.close();
      },
    ));
});
