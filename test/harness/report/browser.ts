import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { findCommand } from '../../../harness/setup/probe.mjs';
import { spawnTied } from '../../../qemu/tied.ts';
import { lackOf } from '../../extras.ts';

/** GitHub's runners have Google's build; Ubuntu's chromium is a snap. */
const command = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .map((name) => findCommand(name))
  .find((found) => found !== undefined);

/** Why there is no browser, or false; for node:test's `skip`. */
export const noBrowser = lackOf(
  command === undefined,
  'no chromium here: apt-get install chromium',
);

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-quic'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--remote-debugging-pipe',
];

/** What the browser has to be told of keys that are no characters. */
const named: Readonly<Record<string, object>> = {
  Enter: { text: '\r' },
  Escape: { code: 'Escape', windowsVirtualKeyCode: 27 },
};

/** A page in a browser of its own. */
export interface Page {
  /** Returns the value of an expression in the page, awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** Shows another address in the same window, as a window of that width. */
  open(address: string, width: number): Promise<void>;
  screenshot(height: number): Promise<Buffer>;
  /** Presses a key: `j`, `?`, `Enter`. */
  press(key: string): Promise<void>;
  /** Shows pages as those who like a dark screen see them, or as others do. */
  prefer(scheme: 'dark' | 'light'): Promise<void>;
  /** Milliseconds of processor time that the page's main thread has had so far. */
  processorTime(): Promise<number>;
  /** What the browser has complained of: errors of scripts, and what the page was not let do. */
  complaints(): readonly string[];
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts a browser and returns its page: https://chromedevtools.github.io/devtools-protocol/ */
export async function openPage(): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'lab-browser-'));
  const argv = [command ?? '', ...flags, `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawnTied(argv, ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']);
  const [, , , input, output] = child.stdio as unknown as [0, 0, 0, Writable, Readable];
  const ended = once(child, 'exit');
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  const complaints: string[] = [];
  const attached: { sessionId?: string } = {};
  let last = 0;
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const messages = (rest + chunk.toString()).split('\0');
    rest = messages.pop() ?? '';
    for (const text of messages) take(JSON.parse(text) as Message);
  });

  function take(message: Message): void {
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    for (const listener of listeners) listener(message);
    const { method = '', params } = message;
    if (/^(Log\.entryAdded|Runtime\.exceptionThrown|Page\.javascriptDialogOpening)$/.test(method))
      complaints.push(JSON.stringify(params));
  }

  function send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = (last += 1);
    input.write(`${JSON.stringify({ id, method, params, ...attached })}\0`);
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result = {}, error }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      void ended.then(() => reject(new Error(`${method}: the browser is gone`)));
    });
  }

  function event(name: string): Promise<void> {
    return new Promise((resolve) => {
      const listener = ({ method }: Message) => {
        if (method !== name) return;
        listeners.delete(listener);
        resolve();
      };
      listeners.add(listener);
    });
  }

  const { targetInfos } = await send('Target.getTargets');
  const [target] = (targetInfos as { targetId: string; type: string }[]).filter(
    ({ type }) => type === 'page',
  );
  const answer = await send('Target.attachToTarget', { targetId: target?.targetId, flatten: true });
  attached.sessionId = String(answer['sessionId']);
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`);
  // Of the thread's own clock: what others do on the machine meanwhile does not count.
  await send('Performance.enable', { timeDomain: 'threadTicks' });

  let size = { width: 1000, height: 800 };
  const setSize = (more: object) =>
    send('Emulation.setDeviceMetricsOverride', {
      ...size,
      deviceScaleFactor: 1,
      mobile: size.width < 600,
      ...more,
    });
  return {
    evaluate: async (expression) => {
      const answer = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      const { result, exceptionDetails } = answer as {
        result: { value?: unknown };
        exceptionDetails?: unknown;
      };
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    },
    open: async (address, width) => {
      size = { ...size, width };
      await setSize({});
      // Another anchor of the same page would load nothing.
      for (const url of ['about:blank', address]) {
        const loaded = event('Page.loadEventFired');
        await send('Page.navigate', { url });
        await loaded;
      }
    },
    screenshot: async (height) => {
      await setSize({ height });
      const { data } = await send('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(String(data), 'base64');
    },
    press: async (key) => {
      const text = key.length === 1 ? { text: key } : (named[key] ?? {});
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    prefer: async (value) => {
      const features = [{ name: 'prefers-color-scheme', value }];
      await send('Emulation.setEmulatedMedia', { features });
    },
    processorTime: async () => {
      const { metrics } = await send('Performance.getMetrics');
      const task = (metrics as { name: string; value: number }[]).find(
        ({ name }) => name === 'TaskDuration',
      );
      if (task === undefined) throw new Error('the browser does not tell its processor time');
      return task.value * 1000;
    },
    complaints: () => complaints,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
