import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { encodeRequest } from '../../harness/guest/shim-words.ts';
import { makeHome, pathOfProgram } from './built.ts';
import type { TestHome } from './built.ts';

type Line = Readonly<Record<string, unknown>>;

let home: TestHome;
let shim = '';
before(async () => {
  home = await makeHome();
  shim = await pathOfProgram(home, 'shim');
});
after(() => home.remove());

/** A resident shim: asks, and waits for lines that match. */
function startShim() {
  const child = execa(shim, ['serve'], { buffer: false, reject: false });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      lines.push(JSON.parse(text.slice(0, end)) as Line);
      text = text.slice(end + 1);
    }
    for (const look of [...waiting]) look();
  });
  const next = (matches: (line: Line) => boolean) =>
    new Promise<Line>((resolve) => {
      const look = () => {
        const index = lines.findIndex(matches);
        if (index === -1) return;
        waiting.delete(look);
        resolve(lines.splice(index, 1)[0] ?? {});
      };
      waiting.add(look);
      look();
    });
  let last = 0;
  const send = (...words: string[]) => {
    child.stdin.write(encodeRequest(++last, words));
    return last;
  };
  const ask = (...words: string[]) => {
    const id = send(...words);
    return next((line) => line['id'] === id);
  };
  const end = async () => {
    child.stdin.end();
    return (await child).exitCode;
  };
  return { ask, send, next, end, write: (raw: string) => child.stdin.write(raw) };
}

const event = (name: string, handle: unknown) => (line: Line) =>
  line['event'] === name && line['handle'] === handle;

describe('shim serve', () => {
  it('greets, answers, and ends with its input', async () => {
    const serve = startShim();
    const hello = await serve.next((line) => line['hello'] === 1);
    assert.equal(hello['machine'], 'x86_64');
    assert.deepEqual(await serve.ask('ping'), { id: 1, cmd: 'ping' });
    assert.equal(await serve.end(), 0);
  });

  it('takes back what was escaped', async () => {
    const serve = startShim();
    const path = `${home.context.scratch}/a\tb\\c\nd"é`;
    assert.equal((await serve.ask('write', path, 'x'))['ret'], 1);
    assert.equal((await serve.ask('stat', path))['exists'], true);
    serve.write('hex\tstat\t/\\x65\\x74\\x63\n');
    assert.equal((await serve.next((line) => line['id'] === 'hex'))['type'], 'folder');
    await serve.end();
  });

  it('answers what it does not understand', async () => {
    const serve = startShim();
    serve.write('lonely\n');
    assert.ok('usage' in (await serve.next((line) => line['id'] === 'lonely')));
    serve.write('\n');
    assert.ok('usage' in (await serve.next((line) => line['id'] === '')));
    assert.ok('usage' in (await serve.ask('frobnicate')));
    assert.ok('usage' in (await serve.ask('input', '99', 'x')));
    await serve.end();
  });

  it('does not wait for what blocks, and cancels it', async () => {
    const serve = startShim();
    const fifo = `${home.context.scratch}/fifo`;
    await execa('mkfifo', [fifo]);
    const id = serve.send('read', fifo);
    assert.equal((await serve.ask('ping'))['cmd'], 'ping');
    assert.equal((await serve.ask('cancel', String(id)))['cancelled'], true);
    const answer = await serve.next((line) => line['id'] === id);
    assert.equal(answer['cancelled'], true);
    assert.equal(answer['signal'], 'SIGKILL');
    assert.equal((await serve.ask('cancel', String(id)))['cancelled'], false);
    await serve.end();
  });

  it('answers a thousand requests that overlap', async () => {
    const serve = startShim();
    const asked = Array.from({ length: 1000 }, (_, i) =>
      serve.ask(...(i % 10 === 0 ? ['stat', '/'] : ['state', '1'])),
    );
    const answers = await Promise.all(asked);
    assert.ok(answers.every((answer) => answer['exists'] === true));
    await serve.end();
  });
});

describe('programs of shim serve', () => {
  it('are heard, spoken to, and waited for', async () => {
    const serve = startShim();
    const script = 'echo out; echo err >&2; read line; printf "%s, no newline" "$line"; exit 3';
    const { handle } = await serve.ask('spawn', '--', 'sh', '-c', script);
    assert.equal((await serve.next(event('line', handle)))['text'], 'out');
    assert.equal((await serve.next(event('line', handle)))['stream'], 'err');
    assert.equal((await serve.ask('input', String(handle), 'a\tb'))['errno'], null);
    assert.equal((await serve.next(event('line', handle)))['text'], 'a\tb, no newline');
    assert.equal((await serve.next(event('exit', handle)))['status'], 3);
    assert.equal((await serve.ask('wait', String(handle)))['status'], 3);
    await serve.end();
  });

  it('that cannot be started say why', async () => {
    const serve = startShim();
    const answer = await serve.ask('spawn', '--', '/nowhere/program');
    assert.equal(answer['errno'], 'ENOENT');
    assert.match(String(answer['error']), /nowhere/);
    await serve.end();
  });

  it('go with all they have started', async () => {
    const serve = startShim();
    const { handle } = await serve.ask('spawn', '--', 'sh', '-c', 'sleep 1000 & echo $!; wait');
    const child = String((await serve.next(event('line', handle)))['text']);
    assert.equal((await serve.ask('state', child))['exists'], true);
    const end = await serve.ask('end', String(handle));
    assert.equal(end['signal'], 'SIGKILL');
    assert.equal(end['gone'], true);
    assert.equal((await serve.ask('state', child))['exists'], false);
    await serve.end();
  });

  it('end with it', async () => {
    const serve = startShim();
    const { handle, pid } = await serve.ask('spawn', '--', 'sh', '-c', 'echo ready; read line');
    await serve.next(event('line', handle));
    await serve.end();
    // Init reaps it; until then it is a zombie.
    const deadline = Date.now() + 20_000;
    do {
      const { stdout } = await execa(shim, ['state', String(pid)]);
      const { exists, state } = JSON.parse(stdout) as Line;
      if (exists === false || state === 'Z') return;
    } while (Date.now() < deadline);
    assert.fail(`${String(pid)} lives 20 s after serve has ended`);
  });
});
