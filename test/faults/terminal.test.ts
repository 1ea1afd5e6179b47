import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noTerminal, openTerminal } from '../harness/report/terminal.ts';
import { labCommand, runLab } from './start-lab.ts';
import { makeWorld, noWorld, type World } from './world.ts';

const files = [
  join(import.meta.dirname, 'fixtures/quiet.ts'),
  join(import.meta.dirname, 'fixtures/waiting.ts'),
];
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('a run', { skip: noWorld }, () => {
  let world: World;
  before(() => void (world = makeWorld()));
  after(() => world.remove());

  it(
    'in a terminal shows what each guest does, leaves what has ended, and hears Ctrl-C',
    { skip: noTerminal },
    async () => {
      const { argv, env } = labCommand({ world, files, isolate: 'none' });
      const terminal = await openTerminal(argv, env);
      try {
        const live = await terminal.waitFor(/for what never comes/);
        assert.match(live, /^v2\.6\.30-1 +waiting > for what never comes +\d+ ms|\d\.\d s$/m);
        assert.match(live, /^2 of 4 cases, 2 passed/m);
        assert.match(live, /^pass +quiet > answers \(/m);
        await terminal.press('C-c');
        assert.equal(await terminal.ended(), 3);
        const all = await terminal.screen({ history: true });
        assert.match(all, /^4 cases on v2\.6\.30: 2 passed, 0 failed, 0 skipped, 2 in error in/m);
        assert.equal(all.match(/^pass +quiet > answers \(/gm)?.length, 1, all);
        // Nothing of the moving part is left behind.
        assert.doesNotMatch(all, /^v2\.6\.30-1 |\d of 4 cases, /m);
        // eslint-disable-next-line no-control-regex
        const green = /\u001b\[32m[^\n]*pass/;
        assert.match(await terminal.screen({ colours: true, history: true }), green);
      } finally {
        await terminal.close();
      }
    },
  );

  const shells: Readonly<Record<string, string>> = {
    'on a dumb terminal': 'TERM=dumb script -qec "$0" /dev/null',
    'in a pipe': 'eval "$0" | cat',
    'in CI': 'CI=true TERM=xterm script -qec "$0" /dev/null | sed "s/\\r//; s/\\x1b\\[[0-9;]*m//g"',
  };
  for (const [where, shell] of Object.entries(shells)) {
    it(`${where} says each thing once, in plain lines`, () => {
      const { argv, env } = labCommand({ world, files: files.slice(0, 1) });
      const words = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      const { PATH = '', HOME = '' } = process.env;
      const { stdout, status, stderr } = spawnSync('sh', ['-c', shell, `${words} 3> /dev/null`], {
        env: { PATH, HOME, ...env },
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const text = stdout.replaceAll('\r\n', '\n');
      assert.doesNotMatch(text, control);
      assert.match(text, /^\[ +\d+\.\d\] guest v2\.6\.30-1 is ready/m);
      assert.equal(text.match(/pass +quiet > answers \(/g)?.length, 1, text);
      assert.match(text, /^2 cases on v2\.6\.30: 2 passed, 0 failed, 0 skipped in/m);
    });
  }

  it('on a screen that is gone goes on, and has its reports', async () => {
    const { status } = await runLab(
      { world, files: files.slice(0, 1) },
      { wrapper: ['sh', '-c', '"$@" >&- 2>&-', 'sh'] },
    );
    assert.equal(status, 0);
  });
});
