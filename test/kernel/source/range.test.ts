import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readRange } from '../../../kernel/source/range.ts';
import { failureOf, gitIn, stateOf } from '../toy.ts';
import { applyToBase, commit, makeClone } from '../series/mails.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-range-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clone = join(folder, 'clone');
before(() => {
  makeClone(clone);
  const makefile = 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n';
  // The base states a version, and the topic is made anew on it.
  gitIn(clone, 'checkout', '--quiet', 'main');
  commit(clone, 'Linux 6.12-rc3', { Makefile: makefile });
  gitIn(clone, 'tag', '-f', 'base');
  gitIn(clone, 'rebase', '--quiet', 'base', 'topic');
});

it('takes base and patches, and writes nothing to the clone', async () => {
  const saved = stateOf(clone);
  const found = await readRange(clone, 'base..topic', folder);
  assert.deepEqual(stateOf(clone), saved);
  assert.equal(found.base.version, '6.12.0-rc3');
  assert.equal(found.base.commit, gitIn(clone, 'rev-parse', 'base'));
  assert.deepEqual(
    found.patches.map(({ subject }) => subject),
    ['fork: say it', 'exit: löschen', 'both: a note'],
  );
  assert.equal(applyToBase(clone, found.patches), gitIn(clone, 'rev-parse', 'topic^{tree}'));
});

it('says the same whatever the clone is configured to', async () => {
  const { patches } = await readRange(clone, 'base..topic', folder);
  const saved = readFileSync(join(clone, '.git', 'config'));
  const ran = join(folder, 'ran');
  for (const [name, value] of [
    ['diff.noprefix', 'true'],
    ['diff.external', `touch ${ran}; true`],
    ['diff.context', '1'],
    ['diff.algorithm', 'patience'],
    ['format.attach', 'true'],
    ['format.coverLetter', 'true'],
    ['format.headers', 'X-Mine: yes\\n'],
    ['format.subjectPrefix', 'MINE'],
    ['format.signOff', 'true'],
    ['format.numbered', 'true'],
    ['format.pretty', 'oneline'],
    ['format.suffix', '.txt'],
    ['log.showSignature', 'true'],
    ['color.ui', 'always'],
    ['core.fsmonitor', `touch ${ran}; true`],
    ['i18n.logOutputEncoding', 'latin1'],
  ] as const)
    gitIn(clone, 'config', name, value);
  try {
    const again = await readRange(clone, 'base..topic', folder);
    assert.deepEqual(
      again.patches.map(({ bytes }) => bytes.toString('latin1')),
      patches.map(({ bytes }) => bytes.toString('latin1')),
    );
    assert.ok(!readdirSync(folder).includes('ran'));
  } finally {
    writeFileSync(join(clone, '.git', 'config'), saved);
  }
});

describe('a range is', () => {
  it('up to HEAD without an end', async () => {
    gitIn(clone, 'checkout', '--quiet', 'topic~1');
    assert.equal((await readRange(clone, 'base..', folder)).patches.length, 2);
  });

  it('from where two branches part, with three dots', async () => {
    gitIn(clone, 'checkout', '--quiet', '-B', 'other', 'base');
    commit(clone, 'other', { 'kernel/other.c': 'int other;\n' });
    const found = await readRange(clone, 'other...topic', folder);
    assert.equal(found.base.commit, gitIn(clone, 'rev-parse', 'base'));
    assert.equal(found.patches.length, 3);
  });

  it('refused where the base is no ancestor, with the commit to name', async () => {
    const error = await failureOf(readRange(clone, 'other..topic', folder));
    assert.equal(error.code, 'range-apart');
    const parting = gitIn(clone, 'rev-parse', '--short', 'base');
    assert.match(error.what, new RegExp(`other is no ancestor of topic: they part at ${parting} `));
    assert.match(error.next, /other\.\.\.topic/);
  });

  it('refused with its merges named', async () => {
    gitIn(clone, 'checkout', '--quiet', '-B', 'merged', 'topic');
    gitIn(clone, 'merge', '--quiet', '-m', 'merge of other', 'other');
    const error = await failureOf(readRange(clone, 'base..merged', folder));
    assert.equal(error.code, 'range-merges');
    assert.match(error.details?.join() ?? '', /merge of other/);
  });

  const rows: readonly (readonly [string, string, string, RegExp])[] = [
    ['refused when empty', 'topic..topic', 'range-empty', /between topic and topic/],
    ['refused without dots', 'topic', 'range-malformed', /topic is no range/],
    ['refused when it is an option', '--output=x..topic', 'range-malformed', /no range/],
    ['refused with an unknown end', 'base..nope', 'revision-unknown', /no commit nope/],
    ['refused where no kernel is', 'base~1..topic', 'revision-no-kernel', /base~1 has no Makefile/],
  ];
  for (const [name, range, code, words] of rows)
    it(name, async () => {
      const error = await failureOf(readRange(clone, range, folder));
      assert.equal(error.code, code);
      assert.match(error.what, words);
    });

  it('refused where no repository is', async () => {
    assert.equal((await failureOf(readRange(folder, 'a..b', folder))).code, 'repository-missing');
  });
});
