/** Returns the version that a kernel's top Makefile states: `2.6.30`, `6.1.192`; undefined if none. */
export function versionIn(makefile: string): string | undefined {
  const of = (name: string): string =>
    new RegExp(`^${name}\\s*=[ \\t]*(\\S*)`, 'm').exec(makefile)?.[1] ?? '';
  const [version, patchlevel, sublevel] = [of('VERSION'), of('PATCHLEVEL'), of('SUBLEVEL')];
  if (version === '' || patchlevel === '') return undefined;
  // 6.1 calls its first release 6.1.0, but the base's name is 6.1.
  const third = sublevel === '' ? '' : `.${sublevel}`;
  return `${version}.${patchlevel}${third}${of('EXTRAVERSION')}`;
}
