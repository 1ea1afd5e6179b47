import { assert, suite, type Guest } from 'cr-lab/case';

const test = suite('/proc/tally');

async function listed(guest: Guest): Promise<string> {
  return Buffer.from(await guest.read('/proc/tally')).toString();
}

async function write(guest: Guest, ...words: readonly string[]): Promise<readonly string[]> {
  return (await guest.run(['tally', ...words])).lines;
}

test('counts each word that is written', async ({ guest }) => {
  assert.equal(await write(guest, 'one', 'two', 'one'), ['one ok', 'two ok', 'one ok']);
  assert.is(await listed(guest), 'one 2\ntwo 1\n');
});

test('takes no word that is empty, or longer than 31 bytes: EINVAL', async ({ guest }) => {
  const long = 'x'.repeat(32);
  assert.equal(await write(guest, ' ', long), ['  EINVAL', `${long} EINVAL`]);
  assert.equal(await write(guest, long.slice(1)), [`${long.slice(1)} ok`]);
});

test('is not for others than root', async ({ guest }) => {
  const { status, errors } = await guest.run(['tally', 'one'], { uid: 1000, cwd: '/tmp' });
  assert.is(status, 1);
  assert.match(errors.join(), /Permission denied/);
});

const forgetting = test.needs({
  patch: 'tally: forget a word that is written with a minus before it',
});

forgetting('forgets a word', async ({ guest }) => {
  assert.equal(await write(guest, 'gone', '-gone', 'gone'), ['gone ok', '-gone ok', 'gone ok']);
  assert.match(await listed(guest), /^gone 1$/m);
});

forgetting('knows no word that it has forgotten: ENOENT', async ({ guest }) => {
  assert.equal(await write(guest, '-never'), ['-never ENOENT']);
});

const limited = test.needs({
  patch: 'tally: let kernel.tally_max say how many words there can be',
});

limited('has no room for more words than kernel.tally_max: ENOSPC', async ({ guest }) => {
  await guest.sysctl('kernel.tally_max', '0');
  assert.equal(await write(guest, 'many'), ['many ENOSPC']);
  await guest.sysctl('kernel.tally_max', '1024');
  assert.equal(await write(guest, 'many'), ['many ok']);
});

test.run();
