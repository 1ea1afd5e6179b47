import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';

/**
 * Returns why KVM's device cannot be opened, in one plain line, or undefined if it can.
 * That says nothing yet of whether a guest runs. Never cached: it changes while the host
 * runs.
 */
export async function findObstacle(device: string): Promise<string | undefined> {
  const node = await stat(device).catch(() => undefined);
  if (node === undefined) return `there is no ${device} on this host`;
  const usable = await access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return usable ? undefined : explainPermission(device, node);
}

/** Returns what keeps this user from a device, and the command that mends it. */
export async function explainPermission(
  device: string,
  node: { readonly gid: number; readonly mode: number },
): Promise<string> {
  const groupMayOpen = (node.mode & 0o060) === 0o060;
  if (!groupMayOpen) return `no permission to open ${device}, which only its owner may`;
  const group = await nameGroup(node.gid);
  const join = `sudo usermod -aG ${group} ${userInfo().username}`;
  return `no permission to open ${device}; join its group (${join}) and log in again`;
}

async function nameGroup(gid: number): Promise<string> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const entry = groups.split('\n').find((line) => line.split(':')[2] === String(gid));
  return entry?.split(':')[0] ?? String(gid);
}
