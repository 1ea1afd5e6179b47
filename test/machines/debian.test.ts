import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';

const script = join(import.meta.dirname, 'debian.sh');
const run = (...args: string[]) => spawnSync('bash', [script, ...args], { encoding: 'utf8' });

it('asks for a suite, and for nothing it does not know', () => {
  for (const args of [[], ['trixie', 'sid'], ['--nonsense', 'trixie'], ['trixie', '--base']]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /usage: debian\.sh/);
  }
});

it('runs each week on every suite that docs/machines.md names, and keeps the results', () => {
  const root = join(import.meta.dirname, '../..');
  const workflow = z
    .object({
      on: z.object({ schedule: z.array(z.object({ cron: z.string() })) }),
      jobs: z.object({
        debian: z.object({
          strategy: z.object({ matrix: z.object({ suite: z.array(z.string()) }) }),
          steps: z.array(z.object({ run: z.string().optional(), if: z.string().optional() })),
        }),
      }),
    })
    .parse(parse(readFileSync(join(root, '.github/workflows/machines.yml'), 'utf8')));
  // Minute, hour, any day, any month, one day of the week.
  assert.match(workflow.on.schedule[0]?.cron ?? '', /^\d+ \d+ \* \* \d$/);
  const docs = readFileSync(join(root, 'docs/machines.md'), 'utf8');
  const named = [...docs.matchAll(/^\| Debian [^|]*\((\w+)\)/gm)].map(([, suite]) => suite);
  const { strategy, steps } = workflow.jobs.debian;
  assert.deepEqual([...strategy.matrix.suite].sort(), [...new Set(named)].sort());
  const [runner] = steps.filter((step) => step.run?.includes('debian.sh') === true);
  for (const base of ['v2.6.30', 'v6.1'])
    assert.match(runner?.run ?? '', new RegExp(`--base ${base}`));
  assert.match(steps.at(-1)?.if ?? '', /always\(\)/);
});
