import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { main } from '../../../harness/cli/cli.ts';
import { quote, resolvePath, type Cli } from '../../../harness/core/cli-context.ts';
import { addRunCommand } from '../../../harness/cli/run.ts';
import { labError } from '../../../harness/core/errors.ts';
import { findLabHome } from '../../../harness/core/home.ts';
import { noProject } from '../../../harness/session/load-project.ts';
import type { RunOptions } from '../../../harness/plan/options.ts';

const root = resolve(import.meta.dirname, '../../..');

function pretendCli(): { cli: Cli; out: () => string; err: () => string } {
  const texts = { out: '', err: '' };
  const sink = (name: keyof typeof texts) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const cli: Cli = {
    env: {},
    folder: root,
    root,
    stdout: sink('out'),
    stderr: sink('err'),
    command: 'npm run lab',
    status: 0,
  };
  return { cli, out: () => texts.out, err: () => texts.err };
}

describe('the command line', () => {
  const mistakes = [
    [['docter'], /unknown command 'docter'[^]*doctor/],
    [['--gerp', 'x'], /unknown option '--gerp'[^]*--grep/],
    [['run', '--jobs', '0'], /whole number from 1 on/],
    [['run', '--grep', '('], /Invalid regular expression/],
    [['run', '--accel', 'xen'], /Allowed choices are kvm, tcg/],
    [['run', '--isolate', 'all'], /Allowed choices are none, file, case/],
    [['run', '--deadline', '-1'], /number of seconds/],
    [['cases/none.ts'], /case-file-missing/],
    [['run', '--shard', '3/2'], /shard-invalid/],
    [['run', '--shard'], /shard-unknown/],
    [['run', '--reuse', '--isolate', 'case'], /options-contradict/],
    [['--base', 'v6.1', '--base', 'v2.6.30'], /--base is given 2 times: v6\.1, v2\.6\.30/],
    [['run', '--accel=tcg', '--accel', 'tcg'], /--accel is given 2 times/],
    [['run', '--shard', '--shard', '1/2'], /--shard is given 2 times/],
    [['list', '--grep', 'a', '--grep', 'b'], /--grep is given 2 times: a, b/],
    [['series', 'check', '--from', '1', '--from', '2'], /--from is given 2 times: 1, 2/],
    [['coverage', '--files', 'a', '--files', 'b', '--shard', '3/2'], /shard-invalid/],
    [['mutate', '--only', 'a', '--only', 'b', '--upto', '3'], /options-contradict/],
    [['image', '--project', root, '--project=/'], /--project is given 2 times/],
  ] as const;
  for (const [args, words] of mistakes) {
    it(`leaves with 2 for lab ${args.join(' ')}, and no stack`, async () => {
      const { cli, err } = pretendCli();
      assert.equal(await main(args, cli), 2);
      assert.match(err(), words);
      assert.doesNotMatch(err(), /\n\s+at /);
    });
  }

  it('leaves with 0 for help and version', async () => {
    for (const args of [['--help'], ['run', '--help'], ['--version']]) {
      const { cli, out, err } = pretendCli();
      assert.equal(await main(args, cli), 0);
      assert.notEqual(out(), '');
      assert.equal(err(), '');
    }
  });
});

describe('lab run', () => {
  async function optionsOf(...args: readonly string[]): Promise<RunOptions> {
    const { cli: typed } = pretendCli();
    const cli = { ...typed, project: await noProject(root, findLabHome({ LAB_HOME: '/home' })) };
    const program = new Command().exitOverride();
    let seen: RunOptions | undefined;
    addRunCommand(program, cli, (options) => {
      seen = options;
      return Promise.resolve(0);
    });
    await program.parseAsync(['run', ...args], { from: 'user' });
    assert.ok(seen);
    return seen;
  }

  it('has defaults that choose nothing', async () => {
    const { command, results, ...rest } = await optionsOf();
    assert.equal(command, 'npm run lab');
    assert.equal(results, '/home/results');
    assert.deepEqual(rest, {
      files: [],
      grep: undefined,
      base: undefined,
      source: undefined,
      compiler: undefined,
      architecture: undefined,
      upto: undefined,
      tree: false,
      accel: undefined,
      jobs: undefined,
      isolate: undefined,
      repeat: 1,
      untilFail: false,
      shard: undefined,
      shuffle: undefined,
      bail: false,
      deadline: undefined,
      debug: true,
      affected: false,
      fresh: false,
      json: false,
    });
  });

  it("takes a series of the user's own", async () => {
    const { given, each } = await optionsOf(
      ...['package.json', '--repo', '/linux', '--range', 'v6.12..topic', '--each'],
      ...['--config', '/a.config', '--config', 'b.config'],
    );
    assert.deepEqual(given, {
      repository: '/linux',
      range: 'v6.12..topic',
      tree: undefined,
      mailbox: undefined,
      patches: undefined,
      onto: undefined,
      config: ['/a.config', `${process.cwd()}/b.config`],
      base: undefined,
      source: undefined,
      compiler: undefined,
      architecture: undefined,
    });
    assert.equal(each, true);
  });

  it('refuses what goes with another kind of series', async () => {
    await assert.rejects(optionsOf('--each'), { code: 'options-contradict', fault: 'usage' });
    await assert.rejects(optionsOf('--onto', 'v6.12'), { code: 'options-contradict' });
    await assert.rejects(optionsOf('--mbox', '/t.mbox', '--upto', '3'), /patches\//);
  });

  it("takes --tree for the clone's work tree where a clone is named", async () => {
    const { given, tree } = await optionsOf('--repo', '/linux', '--range', 'v6.12..', '--tree');
    assert.deepEqual([given?.tree, tree], [true, false]);
    assert.equal((await optionsOf('--tree')).tree, true);
  });

  it('reads what was typed', async () => {
    const options = await optionsOf(
      ...['package.json', '--grep', 'EBUSY|EPERM', '--base', 'all', '--upto', '7'],
      ...['--jobs', '2', '--reuse', '--repeat', '5', '--shard', '2/3', '--shuffle', '42'],
      ...['--bail', '--deadline', '1.5', '--no-debug', '--json', '--source', 'kernel'],
      ...['--compiler', 'clang'],
    );
    assert.deepEqual(options.files, [`${root}/package.json`]);
    assert.deepEqual(options.grep, /EBUSY|EPERM/u);
    assert.equal(options.isolate, 'none');
    assert.equal(options.repeat, 5);
    assert.deepEqual(options.shard, { index: 2, of: 3 });
    assert.equal(options.shuffle, 42);
    assert.equal(options.deadline, 1.5);
    assert.equal(options.debug, false);
    assert.equal(options.source, `${root}/kernel`);
    assert.equal(options.compiler, 'clang');
  });

  it('takes one guest for all for one guest at a time, unless more are asked for', async () => {
    const jobsOf = async (...args: string[]) => (await optionsOf(...args)).jobs;
    assert.equal(await jobsOf('--reuse'), 1);
    assert.equal(await jobsOf('--isolate', 'none'), 1);
    assert.equal(await jobsOf('--reuse', '--jobs', '2'), 2);
    assert.equal(await jobsOf('--isolate', 'file'), undefined);
  });

  it('runs the tree or a prefix, not both', async () => {
    assert.equal((await optionsOf('--tree')).tree, true);
    await assert.rejects(
      optionsOf('--tree', '--upto', '7'),
      /'--tree' cannot be used with .*'--upto/,
    );
  });

  it('draws a seed where none is given, short enough to type again', async () => {
    const { shuffle } = await optionsOf('--shuffle');
    assert.ok(shuffle !== undefined && Number.isInteger(shuffle) && shuffle < 2 ** 32);
  });
});

describe('exit statuses', () => {
  const faults = [
    ['case', 3],
    ['usage', 2],
    ['source', 2],
    ['patch', 3],
    ['boot', 3],
    ['infrastructure', 3],
  ] as const;
  for (const [fault, status] of faults) {
    it(`${status} for a fault of kind ${fault}`, async () => {
      const { cli, err } = pretendCli();
      const facts = {
        code: 'bug-in-the-lab' as const,
        fault,
        doing: 'trying',
        what: 'it fails',
        next: 'Stop.',
      };
      Object.defineProperty(cli, 'folder', {
        get: () => {
          throw labError(facts);
        },
      });
      assert.equal(await main(['run', 'x.ts'], cli), status);
      assert.match(err(), /error trying\n {2}it fails\n {2}next: Stop\. \[bug-in-the-lab\]/);
    });
  }

  it('3 for a bug in the lab, with its stack and what to do', async () => {
    const { cli, err } = pretendCli();
    Object.defineProperty(cli, 'folder', {
      get: () => {
        throw new TypeError('x is not a function');
      },
    });
    assert.equal(await main(['run', 'x.ts'], cli), 3);
    assert.match(
      err(),
      /bug in it\n {2}TypeError: x is not a function\n\s+at [^]*report these lines/,
    );
  });
});

describe('paths and words', () => {
  it('finds what is named from where the caller stands, else from the repository', () => {
    const cli = { folder: '/tmp', root };
    assert.equal(resolvePath(cli, 'package.json'), `${root}/package.json`);
    assert.equal(resolvePath(cli, 'nowhere.ts'), '/tmp/nowhere.ts');
    assert.equal(resolvePath(cli, '/etc/hosts'), '/etc/hosts');
  });

  it('quotes what a shell would take apart', () => {
    assert.equal(quote('cases/a-b.ts'), 'cases/a-b.ts');
    assert.equal(quote('a b'), "'a b'");
    assert.equal(quote("it's $HOME"), "'it'\\''s $HOME'");
  });
});
