import { randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findCommand } from '../../../harness/setup/probe.mjs';
import { spawnTied } from '../../../qemu/tied.ts';
import { lackOf } from '../../extras.ts';

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
const find = (name: string) => findCommand(name, path);
const wanted = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scancel'];

/** Why there can be no Slurm here, or false; for node:test's `skip`. */
const missing = wanted.filter((name) => find(name) === undefined);
export const noSlurm = lackOf(
  missing.length > 0,
  `no ${missing.join(', ')} here: apt-get install slurm-wlm munge`,
);

/** A Slurm of one node on the loopback interface, with everything of its own. */
export interface Cluster {
  /** What its commands need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What its daemons have said. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a Slurm in a folder and returns it when it takes jobs. */
export async function startCluster(folder: string): Promise<Cluster> {
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const key = join(folder, 'munge.key');
  writeFileSync(key, randomBytes(1024), { mode: 0o600 });
  const [controller, node] = [await freePort(), await freePort()];
  const conf = join(folder, 'slurm.conf');
  writeFileSync(conf, configure(folder, controller, node));
  writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n');
  const daemons: ChildProcess[] = [];
  let said = '';

  /** Starts a daemon in the foreground and waits for its words. */
  const start = async (name: string, args: readonly string[], ready: RegExp): Promise<void> => {
    const child = spawnTied([find(name) ?? name, ...args], ['ignore', 'pipe', 'pipe']);
    daemons.push(child);
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        if (stream !== null)
          createInterface(stream).on('line', (line) => {
            said += `${name}: ${line}\n`;
            if (ready.test(line)) resolve();
          });
      child.once('exit', (status) => {
        reject(new Error(`${name} left with ${status ?? 'a signal'}:\n${said}`));
      });
    });
  };
  const stop = async () => {
    for (const child of daemons.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  };

  try {
    await start('munged', mungeArguments(folder, key), /Created \d+ work threads/);
    const which = ['-D', '-f', conf];
    await start('slurmctld', [...which, '-c', '-v'], /Running as primary controller/);
    await start('slurmd', [...which, '-v'], /slurmd started/);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { SLURM_CONF: conf, PATH: path }, log: () => said, stop };
}

function mungeArguments(folder: string, key: string): string[] {
  const files = ['pid', 'seed'].map((name) => `--${name}-file=${join(folder, `munge.${name}`)}`);
  return [
    ...['--foreground', '--force', `--key-file=${key}`, `--socket=${join(folder, 'munge.sock')}`],
    ...files,
  ];
}

function configure(folder: string, controller: number, node: number): string {
  const [host = ''] = hostname().split('.');
  const user = userInfo().username;
  return [
    'ClusterName=lab',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    'AuthType=auth/munge',
    `AuthInfo=socket=${join(folder, 'munge.sock')}`,
    'CredType=cred/munge',
    `SlurmctldPort=${controller}`,
    `SlurmdPort=${node}`,
    `SlurmctldPidFile=${join(folder, 'slurmctld.pid')}`,
    `SlurmdPidFile=${join(folder, 'slurmd.pid')}`,
    `StateSaveLocation=${join(folder, 'state')}`,
    `SlurmdSpoolDir=${join(folder, 'spool')}`,
    // Nothing of the system's: no cgroups, no accounting, no mail.
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'MpiDefault=none',
    `MailProg=/bin/true`,
    'ReturnToService=2',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN`,
    `PartitionName=lab Nodes=${host} Default=YES State=UP`,
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
