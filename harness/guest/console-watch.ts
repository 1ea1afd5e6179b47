import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isStamped } from '../../qemu/classify.ts';
import type { Finding } from '../core/finding.ts';
import type { Console } from '../../qemu/contracts.ts';
import type { ErrorReport } from '../core/events.ts';
import { readAs } from './guest-answers.ts';
import type { ShimClient } from './shim-client.ts';
import { describeTaint, isIllness } from './taint.ts';

/** The guest's node of /dev/kmsg that is the kernel's own: what it has by that name is init's. */
const kernelLog = '/dev/lab-kmsg';

/** What 6.1 says, without a time, where its console was too slow for its log. */
const droppedMessages = /\*\* (\d+) printk messages dropped \*\*/;

/** `tainted` is the kernel's; `logged` counts messages from mark to mark, null if some are gone. */
const markAnswer = z.looseObject({
  tainted: z.number().default(0),
  logged: z.number().nullable().default(null),
});

/** Ties a guest's console to its cases and knows whether anybody still reads it. */
export interface ConsoleWatch {
  /**
   * Writes a line of the lab's own to the guest's kernel log and waits until it shows on the
   * console: all that was printed before it has been scanned then. Returns its index, or why
   * the console can't be trusted.
   */
  mark(text: string): Promise<number | ErrorReport>;
  /**
   * Makes the guest print a harmless complaint and waits until the scan has found it. Returns
   * why the scan is not alive if it does not.
   */
  proveScan(): Promise<ErrorReport | undefined>;
  /** Complaints that begin at lines from..to-1, the lab's own left out. */
  findings(from: number, to: number): readonly Finding[];
  /**
   * What the last mark has found of a kernel that tainted itself since the mark before, once:
   * nothing where a complaint at lines from..to-1 tells it.
   */
  takeTaint(from: number, to: number): readonly Finding[];
  /** Tells the lab's own complaints from the kernel's. */
  isOwn(finding: Finding): boolean;
}

/** Returns the watch of one guest. `patience` is in milliseconds. */
export function watchConsole(console: Console, shim: ShimClient, patience: number): ConsoleWatch {
  // Nothing that a case prints can be taken for a marker: the number is not known to it.
  const token = randomBytes(4).toString('hex');
  let marks = 0;
  let tainted = 0;
  let taint: Finding | undefined;
  // What the console has shown since the last mark: messages of the kernel, and how many it
  // says it has left out.
  let printed = 0;
  let dropped = 0;
  let last: Tally | undefined;
  console.onLine((text) => {
    if (isStamped(text)) printed += 1;
    dropped += Number(droppedMessages.exec(text)?.[1] ?? 0);
  });

  const print = async (argv: readonly string[], line: RegExp) => {
    const from = console.count;
    const signal = AbortSignal.timeout(patience);
    let seen = { index: from, printed, dropped };
    let shown = false;
    const stop = console.onLine((text, at) => {
      if (shown || !line.test(text)) return;
      shown = true;
      seen = { index: at, printed, dropped };
    });
    try {
      const answer = await shim.call(argv, { deadline: patience });
      await console.waitFor(line, { from, signal });
      return { ...seen, answer };
    } catch (error) {
      return silent(error, patience);
    } finally {
      stop();
    }
  };

  const isOwn = ({ line }: Finding) => line.includes(`canary ${token}`);
  return {
    mark: async (text) => {
      marks += 1;
      const sign = `${token}-${marks}`;
      const argv = ['mark', `${sign} ${text}`];
      const shown = await print(argv, new RegExp(`lab: ${sign} `));
      if ('code' in shown) return shown;
      const { index } = shown;
      const answer = readAs(markAnswer, argv, shown.answer);
      taint = describeTaint(tainted, answer.tainted, index);
      tainted = answer.tainted;
      const lost = countLost(shown, last, answer.logged);
      last = shown;
      if (lost > 0) return lossy(lost);
      if (console.scanned >= console.count) return index;
      return deadScan(`it has seen ${console.scanned} of ${console.count} lines`);
    },
    proveScan: async () => {
      marks += 1;
      const words = `lab: canary ${token} ${marks}`;
      const shown = await print(['write', kernelLog, `<5>${words}\n`], new RegExp(`${words}$`));
      if ('code' in shown) return shown;
      const found = console.findings.some(({ line }) => line.includes(words));
      return found ? undefined : deadScan(`it did not notice "${words}"`);
    },
    findings: (from, to) =>
      console.findings.filter(
        (finding) => finding.index >= from && finding.index < to && !isOwn(finding),
      ),
    takeTaint: (from, to) => {
      const found = taint;
      taint = undefined;
      const told = console.findings.some(
        ({ kind, index }) => isIllness(kind) && index >= from && index < to,
      );
      return found === undefined || told ? [] : [found];
    },
    isOwn,
  };
}

interface Tally {
  readonly printed: number;
  readonly dropped: number;
}

/** How many messages between two marks are missing on the console, as far as it can be told. */
function countLost(now: Tally, before: Tally | undefined, logged: number | null): number {
  // What was logged before the first mark may have been before this console's time.
  if (before === undefined) return now.dropped;
  const missing = logged === null ? 0 : logged - (now.printed - before.printed);
  return Math.max(now.dropped - before.dropped, missing, 0);
}

function lossy(count: number): ErrorReport {
  return {
    code: 'console-lossy',
    fault: 'infrastructure',
    doing: 'watching the console',
    what: `${count} ${count === 1 ? 'message' : 'messages'} of the kernel's log not on the console`,
    next: 'What they say is not known here: leave the console level (kernel.printk) alone, and log less at once.',
  };
}

function silent(cause: unknown, patience: number): ErrorReport {
  return {
    code: 'console-silent',
    fault: 'infrastructure',
    doing: 'marking the console',
    what: `the marker did not show within ${(patience / 1000).toFixed(1)} s: ${String(cause)}`,
    next: "Without markers no console line can be tied to a case: look at the guest's console log.",
  };
}

function deadScan(what: string): ErrorReport {
  return {
    code: 'console-scan-dead',
    fault: 'infrastructure',
    doing: 'scanning the console',
    what,
    next: 'Nothing the kernel complains of would be seen: this is a bug in the lab.',
  };
}
