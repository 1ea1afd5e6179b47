import { startHost } from './host.ts';
import { labError } from './errors.ts';
import type { CaseFile } from './host-protocol.ts';
import type { Listing } from './listing.ts';

/** Returns what case files declare, read in a process of their own and without a guest. */
export async function listCases(files: readonly CaseFile[], root: string): Promise<Listing> {
  const host = startHost({
    root,
    answer: () => Promise.resolve({ failure: { message: noGuest.what, report: noGuest } }),
    onStray: () => undefined,
    onPrint: () => undefined,
  });
  try {
    return await host.list(files);
  } finally {
    await host.kill();
  }
}

const noGuest = labError({
  code: 'no-guest-yet',
  fault: 'case',
  doing: 'reading case files',
  what: 'a file calls the guest when it is imported',
  next: 'Call the guest inside a case or a hook.',
});
