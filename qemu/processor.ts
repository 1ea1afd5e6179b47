import { readFile } from 'node:fs/promises';
import { release } from 'node:os';

/** The model that has what the host's processor has: a guest saved with it fits no other. */
export const hostCpu = 'host';

/** What a guest with that model can see of its host, beside the kernel: https://docs.kernel.org/arch/x86/cpuinfo.html. */
const telling = ['vendor_id', 'cpu family', 'model', 'stepping', 'microcode', 'flags'];

/** Returns what tells the host's processor, as KVM shows it to guests, from another one. */
export async function readProcessor(path = '/proc/cpuinfo'): Promise<Record<string, string>> {
  const [first = ''] = (await readFile(path, 'utf8').catch(() => '')).split('\n\n');
  const fields = new Map(
    first.split('\n').map((line) => {
      const [name = '', value = ''] = line.split(':', 2);
      return [name.trim(), value.trim()];
    }),
  );
  return {
    kernel: release(),
    ...Object.fromEntries(telling.map((name) => [name, fields.get(name) ?? ''])),
  };
}
