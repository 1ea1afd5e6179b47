import { randomBytes } from 'node:crypto';
import type { Finding } from '../core/finding.ts';
import type { Console } from '../../qemu/contracts.ts';
import type { ErrorReport } from '../core/events.ts';
import type { ShimClient } from './shim-client.ts';

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
  /** Tells the lab's own complaints from the kernel's. */
  isOwn(finding: Finding): boolean;
}

/** Returns the watch of one guest. `patience` is in milliseconds. */
export function watchConsole(console: Console, shim: ShimClient, patience: number): ConsoleWatch {
  // Nothing that a case prints can be taken for a marker: the number is not known to it.
  const token = randomBytes(4).toString('hex');
  let marks = 0;

  const print = async (argv: readonly string[], line: RegExp) => {
    const from = console.count;
    const signal = AbortSignal.timeout(patience);
    let index: number | undefined;
    const stop = console.onLine((text, at) => {
      if (line.test(text)) index ??= at;
    });
    try {
      await shim.call(argv, { deadline: patience });
      await console.waitFor(line, { from, signal });
      return index ?? console.count - 1;
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
      const index = await print(['mark', `${sign} ${text}`], new RegExp(`lab: ${sign} `));
      if (typeof index !== 'number' || console.scanned >= console.count) return index;
      return deadScan(`it has seen ${console.scanned} of ${console.count} lines`);
    },
    proveScan: async () => {
      marks += 1;
      const words = `lab: canary ${token} ${marks}`;
      const index = await print(['write', '/dev/kmsg', `<5>${words}\n`], new RegExp(`${words}$`));
      if (typeof index !== 'number') return index;
      const found = console.findings.some(({ line }) => line.includes(words));
      return found ? undefined : deadScan(`it did not notice "${words}"`);
    },
    findings: (from, to) =>
      console.findings.filter(
        (finding) => finding.index >= from && finding.index < to && !isOwn(finding),
      ),
    isOwn,
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
