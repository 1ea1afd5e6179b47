import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { download, probe } from '../../../kernel/source/download.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { toyBase, withToy, writeToy } from '../toy.ts';

const body = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Runs work against a server on the loopback, which answers as told. */
async function withServer(
  answer: Answer,
  work: (url: string, ranges: (string | undefined)[]) => Promise<void>,
): Promise<void> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/linux.tar.gz`, ranges);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A server that knows ranges. */
const serve =
  (content: Buffer): Answer =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const rest = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length }).end(rest);
  };

const quiet = { signal: new AbortController().signal, progress: () => undefined };

it('fetches a file, telling how far it is', () =>
  withToy(({ folder }) =>
    withServer(serve(body), async (url) => {
      const told: (number | undefined)[][] = [];
      const progress = (done: number, total: number | undefined) => told.push([done, total]);
      await download(url, join(folder, 'f'), { ...quiet, progress });
      assert.ok(readFileSync(join(folder, 'f')).equals(body));
      assert.deepEqual(told.at(-1), [body.length, body.length]);
    }),
  ));

it('goes on where it stopped', () =>
  withToy(({ folder }) =>
    withServer(serve(body), async (url, ranges) => {
      writeFileSync(join(folder, 'f.partial'), body.subarray(0, 20_000));
      await download(url, join(folder, 'f'), quiet);
      assert.deepEqual(ranges, ['bytes=20000-']);
      assert.ok(readFileSync(join(folder, 'f')).equals(body));
    }),
  ));

it('begins anew where the server knows no ranges', () =>
  withToy(({ folder }) =>
    withServer(
      (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body),
      async (url) => {
        writeFileSync(join(folder, 'f.partial'), 'rubbish');
        await download(url, join(folder, 'f'), quiet);
        assert.ok(readFileSync(join(folder, 'f')).equals(body));
      },
    ),
  ));

for (const [name, size] of [
  ['is whole', body.length],
  ['is longer than the file', body.length + 5],
] as const)
  it(`copes with a partial file that ${name}`, () =>
    withToy(({ folder }) =>
      withServer(serve(body), async (url) => {
        writeFileSync(join(folder, 'f.partial'), Buffer.concat([body, body]).subarray(0, size));
        await download(url, join(folder, 'f'), quiet);
        assert.ok(readFileSync(join(folder, 'f')).equals(body));
      }),
    ));

const failures: Record<string, [Answer, RegExp]> = {
  'is not there': [(_, response) => response.writeHead(404).end(), /404 Not Found/],
  'stops in the middle': [
    (_, response) => {
      response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 10_000));
    },
    /no byte came for 0.2 s/,
  ],
  'is cut off': [
    (_, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 10_000), () => response.destroy());
    },
    /terminated|closed|aborted|hang up/,
  ],
};

for (const [name, [answer, words]] of Object.entries(failures))
  it(`fails with the address and the reason when the file ${name}`, () =>
    withToy(({ folder }) =>
      withServer(answer, async (url) => {
        const path = join(folder, 'f');
        await assert.rejects(download(url, path, { ...quiet, stallTimeout: 200 }), (error) => {
          assert.ok(isLabError(error) && error.code === 'download-failed');
          assert.ok(error.what.startsWith(url));
          assert.match(error.what, words);
          return true;
        });
        assert.ok(!existsSync(path));
      }),
    ));

it('keeps what came before it was cut off, for the next attempt', () =>
  withToy(({ folder }) => {
    let first = true;
    const answer: Answer = (request, response) => {
      if (!first) {
        serve(body)(request, response);
        return;
      }
      first = false;
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 10_000));
    };
    return withServer(answer, async (url, ranges) => {
      const options = { ...quiet, stallTimeout: 200 };
      await assert.rejects(download(url, join(folder, 'f'), options));
      await download(url, join(folder, 'f'), options);
      assert.equal(ranges[1], 'bytes=10000-');
      assert.ok(readFileSync(join(folder, 'f')).equals(body));
    });
  }));

it('waits longer for an answer than the choice of a base does', () =>
  withToy(({ folder }) =>
    withServer(
      (_, response) => setTimeout(() => response.end(body), 2500),
      (url) => download(url, join(folder, 'f'), quiet),
    ),
  ));

it('tells those behind a proxy what to do', async (t) => {
  process.env['HTTPS_PROXY'] = 'http://proxy.example:3128';
  t.after(() => delete process.env['HTTPS_PROXY']);
  await withToy(({ folder }) =>
    withServer(
      (_, response) => response.writeHead(404).end(),
      (url) =>
        assert.rejects(download(url, join(folder, 'f'), quiet), {
          code: 'download-failed',
          next: /curl.*--source/,
        }),
    ),
  );
});

it('waits 2 s for an answer and no longer', () =>
  withServer(
    () => undefined,
    async (url) => {
      const start = performance.now();
      assert.match((await probe(url, quiet.signal)) ?? '', /no answer within 2 s/);
      assert.ok(performance.now() - start < 4000);
    },
  ));

it('says that a server can or cannot be had', async () => {
  await withServer(serve(body), async (url) => {
    assert.equal(await probe(url, quiet.signal), undefined);
  });
  assert.match((await probe('http://127.0.0.1:1/x', quiet.signal)) ?? '', /ECONNREFUSED|bad port/);
});

it('imports a base from the first server address that has it', () =>
  withToy(async (toy) => {
    writeToy(join(toy.folder, 'linux-2.6.30'));
    const path = join(toy.folder, 'linux.tgz');
    execFileSync('tar', ['-C', toy.folder, '-czf', path, 'linux-2.6.30']);
    const content = readFileSync(path);
    const answer: Answer = (request, response) =>
      request.url?.endsWith('.xz') === true
        ? response.writeHead(404).end()
        : serve(content)(request, response);
    await withServer(answer, async (url) => {
      if (toyBase.source.kind !== 'git-tree') return;
      const urls = [url.replace('.gz', '.xz'), url];
      const base = { ...toyBase, source: { ...toyBase.source, urls } };
      const source = await acquireSource(base, {}, toy.context);
      assert.equal(source.origin, url);
      assert.deepEqual(readdirSync(toy.context.home.sources), ['linux.tar.gz']);
    });
  }));

it('keeps no download that turns out to be something else', () =>
  withToy((toy) =>
    withServer(serve(body), async (url) => {
      if (toyBase.source.kind !== 'git-tree') return;
      const base = { ...toyBase, source: { ...toyBase.source, urls: [url] } };
      await assert.rejects(
        acquireSource(base, {}, toy.context),
        (error) => isLabError(error) && error.code === 'source-unusable',
      );
      assert.deepEqual(readdirSync(toy.context.home.sources), []);
    }),
  ));
