import { skip } from '../cr/case.ts';
import type { Guest } from '../cr/case.ts';

/** Skips the case if a guest's processor has no such feature, as /proc/cpuinfo calls it. */
export async function needsFeature(guest: Guest, name: string): Promise<void> {
  const text = new TextDecoder().decode(await guest.read('/proc/cpuinfo'));
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(text) ?? [];
  if (!flags.split(' ').includes(name)) skip(`the processor has no ${name}`);
}
