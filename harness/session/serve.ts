import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join, sep } from 'node:path';
import { hasCode, isLabError, labError } from '../core/errors.ts';
import { isRunName } from '../report/folder.ts';
import {
  renderCasePage,
  renderHistoryPage,
  renderMissingPage,
  renderRunsPage,
} from '../report/html-serve.ts';
import { findCases, findTrends } from '../results/trends.ts';
import { keyOf } from '../results/history.ts';
import { catchUp } from './history.ts';
import { watchProgress, type Watch } from './live-runs.ts';

/** A results folder as a page. */
export interface Serving {
  /** `http://127.0.0.1:2630/` */
  readonly address: string;
  close(): Promise<void>;
}

/** Nobody but this machine. */
const host = '127.0.0.1';

/** Milliseconds between two looks at runs that go on, while somebody watches. */
const interval = 500;

/**
 * Serves a results folder on this machine alone: its runs, their history, and what goes on now.
 * It has nothing that the folder's files don't have, and changes none but the history, which it
 * brings up to date. Throws a `usage` error for a port that can't be had; port 0 is any.
 */
export async function serveResults(root: string, port: number): Promise<Serving> {
  const watch = watchProgress(root);
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answer(request, response, { root, watch, streams, server }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain', isLabError(error) ? error.message : 'failed\n');
    });
  });
  const timer = setInterval(() => {
    if (streams.size > 0) void tell(streams, watch);
  }, interval);
  await listen(server, port).catch((error: unknown) => {
    clearInterval(timer);
    throw unusable(port, error);
  });
  return {
    address: `http://${host}:${portOf(server)}/`,
    close: async () => {
      clearInterval(timer);
      for (const stream of streams) stream.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function unusable(port: number, error: unknown): Error {
  const why = hasCode(error, 'EADDRINUSE') ? 'somebody listens there' : String(error);
  return labError({
    code: 'serve-port',
    fault: 'usage',
    doing: 'serving the results folder',
    what: `port ${port}: ${why}`,
    next: 'Name another with --port, or 0 for any that is free.',
    cause: error,
  });
}

interface Around {
  readonly root: string;
  readonly watch: Watch;
  readonly streams: Set<ServerResponse>;
  readonly server: Server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { root, watch, streams, server }: Around,
): Promise<void> {
  // A page of elsewhere whose name has been pointed at this machine is not let in.
  const names = [host, 'localhost'].map((name) => `${name}:${portOf(server)}`);
  if (!names.includes(request.headers.host ?? '')) {
    send(response, 403, 'text/plain', 'not this host\n');
    return;
  }
  if (request.method !== 'GET') {
    send(response, 405, 'text/plain', 'GET only\n');
    return;
  }
  const url = new URL(request.url ?? '/', `http://${host}`);
  if (url.pathname === '/') {
    const { runs } = await catchUp(root);
    const kept = await findReports(
      root,
      runs.map(({ run }) => run),
    );
    sendPage(response, renderRunsPage([...runs].reverse(), kept, await watch.look()));
    return;
  }
  if (url.pathname === '/history') {
    const history = await catchUp(root);
    const name = url.searchParams.get('case');
    if (name === null) {
      sendPage(response, renderHistoryPage(history, findTrends(history)));
      return;
    }
    const found = [...findCases(history).values()].find((each) => keyOf(each) === name);
    if (found === undefined) {
      sendMissing(response);
      return;
    }
    const kept = await findReports(
      root,
      found.points.map(({ run }) => run.run),
    );
    sendPage(response, renderCasePage(found, kept));
    return;
  }
  if (url.pathname === '/live') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    streams.add(response);
    response.once('close', () => streams.delete(response));
    return tell(new Set([response]), watch);
  }
  const path = await findFile(root, url.pathname);
  if (path === undefined) {
    sendMissing(response);
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': typeOf(path) });
  createReadStream(path)
    .once('error', () => response.destroy())
    .pipe(response);
}

async function tell(streams: ReadonlySet<ServerResponse>, watch: Watch): Promise<void> {
  const runs = await watch.look();
  for (const stream of streams) stream.write(`data: ${JSON.stringify(runs)}\n\n`);
}

/**
 * Returns the path of a file of a run that is asked for; undefined for what is none, or lies
 * outside of the folder, by dots or by a link.
 */
async function findFile(root: string, pathname: string): Promise<string | undefined> {
  try {
    const [, place, run = '', ...rest] = decodeURIComponent(pathname).split('/');
    if (place !== 'runs' || rest.length === 0 || !(isRunName(run) || run === 'latest'))
      return undefined;
    const top = await realpath(root);
    const path = await realpath(join(top, run, ...rest));
    const folder = await realpath(join(top, run));
    if (!folder.startsWith(`${top}${sep}`) || !path.startsWith(`${folder}${sep}`)) return undefined;
    return (await stat(path)).isFile() ? path : undefined;
  } catch (error) {
    if (error instanceof URIError || hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'))
      return undefined;
    // A name with a NUL in it, which no file has.
    if (hasCode(error, 'ERR_INVALID_ARG_VALUE')) return undefined;
    throw error;
  }
}

async function findReports(root: string, runs: readonly string[]): Promise<ReadonlySet<string>> {
  const there = await Promise.all(
    runs.map((run) =>
      stat(join(root, run, 'report.html')).then(
        () => [run],
        () => [],
      ),
    ),
  );
  return new Set(there.flat());
}

/** A guest's console is text, whatever it says. */
function typeOf(path: string): string {
  if (basename(path) === 'report.html') return 'text/html; charset=utf-8';
  const isText = /^(RERUN|.*-(config|System\.map))$/.test(basename(path));
  const texts = ['.log', '.json', '.jsonl', '.tap', '.xml', '.info'];
  return isText || texts.includes(extname(path))
    ? 'text/plain; charset=utf-8'
    : 'application/octet-stream';
}

const headers = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}

function sendPage(response: ServerResponse, text: string): void {
  send(response, 200, 'text/html', text);
}

function sendMissing(response: ServerResponse): void {
  send(response, 404, 'text/html', renderMissingPage());
}
