import { bringToLife } from '../../harness/guest/guest-life.ts';
import type { GuestRequest, Machinery, Outside } from '../../harness/guest/live-guest.ts';
import { labError } from '../../harness/core/errors.ts';
import type { LabError } from '../../harness/core/errors.ts';
import type { ShimAnswer, ShimClient } from '../../harness/guest/shim-client.ts';
import type { Finding } from '../../harness/core/finding.ts';
import type { Console, MachineEnd, RunningMachine } from '../../qemu/contracts.ts';

/** A guest without a machine. */
export interface FakeGuest {
  readonly name: string;
  readonly commands: string[];
  /** Puts a line on the console; one that begins with BUG or Kernel panic is a complaint. */
  print(line: string): void;
  /** The machine ends by itself. */
  end(end: Partial<MachineEnd>): void;
  /** The same, and the connection does not tell. */
  vanish(end: Partial<MachineEnd>): void;
  /** The connection goes, the machine stays. */
  cut(): void;
  /** From now on the scan finds nothing, or no longer says how far it is. */
  deaden(how: 'blind' | 'stuck'): void;
  /** From now on nothing more shows on the console. */
  silence(): void;
  /** Tells of what a program says. */
  say(event: ShimAnswer): void;
}

/** Answers a command of the shim; undefined leaves it to the fake, null never answers. */
export type Answerer = (argv: readonly string[], guest: FakeGuest) => ShimAnswer | null | undefined;

/** Has a guest's kernel die when a case sends `command`: that is answered, and nothing else. */
export function oopsAtCommand(isIt: (guest: FakeGuest) => boolean): Answerer {
  const dead = new Set<FakeGuest>();
  return ([command], guest) => {
    if (dead.has(guest)) return null;
    if (command !== 'command' || !isIt(guest)) return undefined;
    guest.print('BUG: unable to handle kernel NULL pointer dereference at 0000000000000010');
    dead.add(guest);
    return undefined;
  };
}

export interface FakeMachinery extends Machinery {
  readonly guests: FakeGuest[];
}

/** Returns a machinery of fake guests. `answer` may throw to refuse a guest to come up. */
export function fakeMachinery(
  answer: Answerer = () => undefined,
  come: (request: GuestRequest) => LabError | undefined = () => undefined,
  outside: Outside = {},
): FakeMachinery {
  const guests: FakeGuest[] = [];
  return {
    guests,
    openGuest: async (request) => {
      const refusal = come(request);
      if (refusal !== undefined) throw refusal;
      const { name, base } = request;
      const { guest, machine, shim } = createFake(name, answer);
      const { how, argv: commandLine } = machine;
      const started = { guest: name, base, how, commandLine, consoleLog: '/dev/null' };
      request.emit({ type: 'guest-started', ...started });
      guests.push(guest);
      return bringToLife(machine, shim, outside, request);
    },
  };
}

function createFake(
  name: string,
  answer: Answerer,
): { guest: FakeGuest; machine: RunningMachine; shim: ShimClient } {
  const { console, print, deaden, silence } = createFakeConsole();
  const listeners = new Set<(event: ShimAnswer) => void>();
  const commands: string[] = [];
  const pending = new Map<object, (error: LabError) => void>();
  let finish: (end: MachineEnd) => void = () => undefined;
  const ended = new Promise<MachineEnd>((resolve) => (finish = resolve));
  let lose: (error: LabError) => void = () => undefined;
  const lost = new Promise<LabError>((resolve) => (lose = resolve));
  let gone: LabError | undefined;
  const disconnect = () => {
    gone ??= connectionGone();
    for (const reject of pending.values()) reject(gone);
    lose(gone);
  };
  const guest: FakeGuest = {
    name,
    commands,
    print,
    deaden,
    silence,
    end: (end) => {
      guest.vanish(end);
      disconnect();
    },
    vanish: (end) => finish({ status: 0, signal: null, stderr: '', ...end }),
    cut: disconnect,
    say: (event) => {
      for (const listener of listeners) listener(event);
    },
  };

  const call: ShimClient['call'] = (argv, { deadline = 1000 } = {}) => {
    commands.push(argv.join(' '));
    return new Promise((resolve, reject) => {
      const said = answer(argv, guest);
      if (gone !== undefined) {
        reject(gone);
      } else if (said === null) {
        pending.set({}, reject);
        setTimeout(() => reject(overdue()), deadline).unref();
      } else {
        setImmediate(() => resolve(said ?? answerAsShim(argv, guest)));
      }
    });
  };
  const shim: ShimClient = {
    call,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    cancelAll: () => Promise.resolve([]),
    lost,
    close: () => undefined,
  };
  const machine: RunningMachine = {
    name,
    console,
    ended,
    pid: process.pid,
    how: 'booted',
    argv: ['qemu'],
    folder: '/dev/null',
    sshPort: 0,
    machine: undefined as never,
    qmp: undefined as never,
    kill: () => {
      finish({ status: 0, signal: null, stderr: '', reason: 'host-qmp-quit' });
      return ended;
    },
  };
  return { guest, machine, shim };
}

function answerAsShim([command, ...rest]: readonly string[], guest: FakeGuest): ShimAnswer {
  if (command === 'mark') guest.print(`lab: ${rest[0] ?? ''}`);
  if (command === 'write' && rest[0] === '/dev/lab-kmsg')
    guest.print((rest[1] ?? '').replace(/^<5>|\n$/g, ''));
  if (command === 'pids') return { unused: 32767 };
  return { ret: 0, errno: null };
}

function createFakeConsole() {
  const lines: string[] = [];
  const findings: Finding[] = [];
  const onLine = new Set<(line: string, index: number) => void>();
  const onFinding = new Set<(finding: Finding) => void>();
  let deadness: 'blind' | 'stuck' | undefined;
  let silent = false;
  let scanned = 0;
  const print = (line: string) => {
    if (silent) return;
    const index = lines.push(line) - 1;
    if (deadness !== 'stuck') scanned = lines.length;
    const kind = kindOf(line);
    if (kind !== undefined && deadness !== 'blind') {
      const finding = { kind, line, lines: [line], index, fatal: kind !== 'notice' };
      findings.push(finding);
      for (const listener of onFinding) listener(finding);
    }
    for (const listener of onLine) listener(line, index);
  };
  const console: Console = {
    lines,
    findings,
    first: 0,
    damage: undefined,
    get count() {
      return lines.length;
    },
    get scanned() {
      return scanned;
    },
    since: (from) => lines.slice(from),
    onLine: (listener) => subscribe(onLine, listener),
    onFinding: (listener) => subscribe(onFinding, listener),
    waitFor: (pattern, { from = 0, signal }) =>
      new Promise((resolve, reject) => {
        const known = lines.slice(from).find((line) => pattern.test(line));
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const stop = subscribe(onLine, (line) => {
          if (!pattern.test(line)) return;
          stop();
          resolve(line);
        });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    write: () => undefined,
    partial: '',
    lastByte: 0,
  };
  return {
    console,
    print,
    deaden: (how: 'blind' | 'stuck') => void (deadness = how),
    silence: () => void (silent = true),
  };
}

function kindOf(line: string): Finding['kind'] | undefined {
  if (line.startsWith('Kernel panic')) return 'panic';
  if (line.startsWith('BUG: unable to handle')) return 'oops';
  if (line.startsWith('BUG')) return 'bug';
  return /^(?:c\/r:|lab: canary )/.test(line) ? 'notice' : undefined;
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function connectionGone(): LabError {
  return labError({
    code: 'session-lost',
    fault: 'guest-hang',
    doing: 'talking to the guest',
    what: 'the connection is gone',
    next: '',
  });
}

function overdue(): LabError {
  return labError({
    code: 'shim-overdue',
    fault: 'guest-hang',
    doing: 'calling the shim',
    what: 'no answer',
    next: '',
  });
}
