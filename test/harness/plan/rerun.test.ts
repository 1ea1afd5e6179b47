import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeLooks, describeRerun } from '../../../harness/plan/rerun.ts';

const planned = {
  id: "cases/a.ts > s > it's 1+1",
  base: 'v6.1',
  file: 'cases/a.ts',
  suite: 's',
  test: "it's 1+1",
};
const usual = {
  source: undefined,
  upto: undefined,
  accel: undefined,
  deadline: undefined,
  tree: false,
  debug: true,
} as const;

it('comes back to a case alone', () => {
  const command = "npm run lab -- run cases/a.ts --grep 's > it'\\''s 1\\+1$' --base v6.1";
  assert.equal(describeRerun(planned), command);
  assert.equal(describeRerun(planned, usual), command);
});

it('comes back to a tree that no series has', () => {
  assert.match(describeRerun(planned, { ...usual, tree: true }), / --base v6\.1 --tree$/);
});

it('comes back to the same kernel on the same machine', () => {
  const special = {
    ...usual,
    compiler: 'clang',
    upto: '11',
    accel: 'tcg',
    debug: false,
    deadline: 3,
  } as const;
  assert.match(
    describeRerun(planned, { ...special, source: '/my linux' }),
    / --base v6\.1 --source '\/my linux' --compiler clang --upto 11 --accel tcg --no-debug --deadline 3$/,
  );
  const [gdb, shell] = describeLooks(planned, special);
  const kernel = '--base v6.1 --compiler clang --upto 11 --accel tcg --no-debug';
  const words = "'^cases/a\\.ts > s > it'\\''s 1\\+1$'";
  assert.equal(gdb, `npm run lab -- gdb ${words} ${kernel}`);
  assert.equal(shell, `npm run lab -- shell ${words} ${kernel}`);
});

it("comes back to a series of the user's own, of which there is no debugger yet", () => {
  const given = {
    repository: '/my linux',
    range: undefined,
    mailbox: '/t.mbox',
    patches: undefined,
    onto: 'v6.12',
    config: ['/a.config'],
    base: undefined,
    source: undefined,
  };
  assert.match(
    describeRerun(planned, { ...usual, given }),
    /\$' --repo '\/my linux' --mbox \/t\.mbox --onto v6\.12 --config \/a\.config$/,
  );
  assert.deepEqual(describeLooks(planned, { ...usual, given }), []);
  const range = { config: [], repository: '/linux', range: 'v6.12..', tree: true };
  assert.match(
    describeRerun(planned, { ...usual, given: range }),
    /\$' --repo \/linux --range v6\.12\.\. --tree$/,
  );
});
