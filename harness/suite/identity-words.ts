import type { Identity, ProgramOptions, SubjectOptions } from './contracts.ts';

/** Returns who does something, as options of the shim. */
export function identityWords(
  options: Identity & SubjectOptions & Partial<ProgramOptions>,
): string[] {
  const { uid, gid, chroot, cwd, newPidNamespace, group } = options;
  return [
    ...(uid === undefined ? [] : ['--uid', String(uid)]),
    ...(gid === undefined ? [] : ['--gid', String(gid)]),
    ...(chroot === undefined ? [] : ['--chroot', chroot]),
    ...(cwd === undefined ? [] : ['--cwd', cwd]),
    ...(group === undefined ? [] : ['--group', group]),
    ...(newPidNamespace === true ? ['--new-pidns'] : []),
  ];
}
