import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { labError } from '../../harness/core/errors.ts';

/** Milliseconds a server has to say that it is there: a choice of bases must not wait longer. */
const probeTimeout = 2000;
/** Milliseconds it has to answer once it is to be waited for, on a slow network. */
const answerTimeout = 15_000;
/** Milliseconds without a byte after which a download counts as stuck. */
const stallTimeout = 30_000;

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number | undefined) => void;
  readonly stallTimeout?: number;
}

/** Returns undefined if a server has the file, else why it cannot be had. Takes at most 2 s. */
export async function probe(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await request(url, { method: 'HEAD' }, signal, probeTimeout);
    await response.body?.cancel();
    return response.ok ? undefined : `${url}: ${response.status} ${response.statusText}`;
  } catch (error) {
    signal.throwIfAborted();
    return reasonOf(url, error);
  }
}

/**
 * Fetches a file to `path`, going on where an earlier attempt stopped; it has its name only
 * when it is whole. Throws `download-failed` (source), keeping what has come so far.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const partial = `${path}.partial`;
  await mkdir(dirname(path), { recursive: true });
  const have = (await stat(partial).catch(() => undefined))?.size ?? 0;
  try {
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await request(url, { headers }, options.signal, answerTimeout);
    if (response.status === 416) {
      // Nothing comes after what is here: it is whole, or of another file. Its id will tell.
      await response.body?.cancel();
      if (totalOf(response.headers.get('content-range')) !== have) {
        await rm(partial);
        await download(url, path, options);
        return;
      }
    } else {
      if (!response.ok || response.body === null)
        throw new Error(`${response.status} ${response.statusText}`);
      await receive(response, response.status === 206 ? have : 0, partial, options);
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw labError({
      code: 'download-failed',
      fault: 'source',
      doing: 'downloading a source',
      what: reasonOf(url, error),
      next: adviceFor(url),
      cause: error,
    });
  }
  await rename(partial, path);
}

/** Node's fetch() does not look at the variables that apt, npm and curl find their proxy by. */
function adviceFor(url: string, env = process.env): string {
  const proxied = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].some(
    (name) => (env[name] ?? '') !== '',
  );
  return proxied
    ? `The lab does not use a proxy: fetch ${url} with curl, and name the file with --source.`
    : 'Run again to go on where it stopped, or name a local source with --source.';
}

async function receive(
  response: Response,
  start: number,
  partial: string,
  options: DownloadOptions,
): Promise<void> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isNaN(length) ? undefined : start + length;
  const stall = new AbortController();
  const arm = (): NodeJS.Timeout => {
    const wait = options.stallTimeout ?? stallTimeout;
    return setTimeout(() => stall.abort(new Error(`no byte came for ${wait / 1000} s`)), wait);
  };
  if (response.body === null) return;
  // Opened before anything can fail: a stream that opens by itself may still do so after that.
  const file = await open(partial, start > 0 ? 'a' : 'w');
  let timer = arm();
  let done = start;
  const count = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      timer = arm();
      done += chunk.length;
      options.progress(done, total);
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.fromWeb(response.body), count, file.createWriteStream(), {
      signal: AbortSignal.any([options.signal, stall.signal]),
    });
  } catch (error) {
    throw stall.signal.aborted ? stall.signal.reason : error;
  } finally {
    clearTimeout(timer);
    await file.close().catch(() => undefined);
  }
  if (total !== undefined && done !== total) throw new Error(`${done} of ${total} bytes came`);
}

/** fetch() with a deadline for the answer's head only. */
async function request(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
  timeout: number,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`no answer within ${timeout / 1000} s`));
  }, timeout);
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

function totalOf(contentRange: string | null): number | undefined {
  const match = /\/(\d+)$/.exec(contentRange ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** undici hides what went wrong in the cause of "fetch failed". */
function reasonOf(url: string, error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return `${url}: ${inner instanceof Error ? inner.message : String(inner)}`;
}
