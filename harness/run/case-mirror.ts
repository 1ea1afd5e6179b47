import type { Console } from '../../qemu/contracts.ts';
import type { CaseHost } from '../suite/host.ts';

/** Lines a case is shown; a guest that floods its console must not flood its cases. */
const mostLines = 20_000;

/**
 * Shows a running case the console lines of its guest of that number as they come; returns how
 * to stop it.
 */
export function mirrorConsole(console: Console, host: CaseHost, guest = 0): () => void {
  let batch: string[] = [];
  let shown = 0;
  const send = () => {
    host.sendLines(guest, batch);
    batch = [];
  };
  const stop = console.onLine((line) => {
    if (shown === mostLines) return;
    shown += 1;
    if (batch.length === 0) setImmediate(send);
    batch.push(line);
  });
  return stop;
}
