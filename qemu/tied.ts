import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';

/**
 * Run by sh after setpriv asked for the death signal: if the lab died before that, no
 * signal will ever come, and the parent is another process already.
 */
const stillOurs = '[ "$PPID" = "$0" ] || exit 125; exec "$@"';

/** The command that runs `argv` so that the kernel kills it when its starter ends. */
export function tiedCommand(argv: readonly string[], starter: number): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', stillOurs, String(starter), ...argv];
}

/**
 * Starts a program that dies with the lab, however the lab dies, SIGKILL included. The
 * kernel ties it to the thread that forks, and Node forks from the calling thread: start
 * it from the main thread unless a worker's end should be its end too. The child's pid
 * is the program's own. A missing setpriv shows as the child's `error` event (ENOENT), a
 * missing program as exit status 127.
 */
export function spawnTied(argv: readonly string[], stdio: StdioOptions): ChildProcess {
  const [command = '', ...args] = tiedCommand(argv, process.pid);
  return spawn(command, args, { stdio });
}
