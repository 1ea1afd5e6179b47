/** What compilers and makes see of the lab's environment, and why. */
const passed: Readonly<Record<string, string>> = {
  PATH: 'where they are',
  HOME: 'where ccache and gcc wrappers keep what is theirs',
  TMPDIR: 'where there is room for what they write meanwhile',
  LD_LIBRARY_PATH: "a compiler that is not the system's may not start without it",
};

/**
 * Debian's bash takes an outermost shell whose input is a socket for one of rsh's and reads
 * ~/.bashrc: in each line of a makefile, of a make that is given its input by the lab.
 */
const innerShell = '2';

/**
 * Returns what a compiler or a make may see of an environment: what it needs to run, and
 * nothing that changes what it makes. KCFLAGS, LLVM, CPATH, MAKEFLAGS and their kind are in no
 * key, so that what they make would be taken for what the lab has asked for.
 */
export function toolEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = Object.keys(passed).filter((name) => env[name] !== undefined);
  return {
    ...Object.fromEntries(names.map((name) => [name, env[name] ?? ''])),
    SHLVL: innerShell,
  };
}
