import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTranscript } from '../../../harness/guest/transcript.ts';

test('a transcript has a line for each call, without the bytes that were read', () => {
  const { lines, add } = createTranscript();
  add(['freeze', '12'], { id: 1, state: 'FROZEN' });
  add(['read', '/x'], { id: 2, data: 'aGVsbG8=' }, 'other: ');
  assert.deepEqual(lines, [
    'freeze 12 -> {"id":1,"state":"FROZEN"}',
    'other: read /x -> {"id":2,"data":"…"}',
  ]);
});

test('of a call made again and again, the first and the last are kept', () => {
  const { lines, add } = createTranscript();
  add(['freeze', '12'], {});
  for (let id = 1; id <= 1000; id++) add(['state', '12'], { id });
  add(['thaw', '12'], {});
  assert.deepEqual(lines, [
    'freeze 12 -> {}',
    'state 12 -> {"id":1}',
    '[… 998 more of these …]',
    'state 12 -> {"id":1000}',
    'thaw 12 -> {}',
  ]);
});

test('two and three of the same call are two lines, and two with what lies between', () => {
  const { lines, add } = createTranscript();
  for (const id of [1, 2]) add(['ping'], { id });
  assert.deepEqual(lines, ['ping -> {"id":1}', 'ping -> {"id":2}']);
  add(['ping'], { id: 3 });
  assert.deepEqual(lines, ['ping -> {"id":1}', '[… 1 more of these …]', 'ping -> {"id":3}']);
});

test('the last fifty are kept', () => {
  const { lines, add } = createTranscript();
  for (let i = 0; i < 60; i++) add([`call-${i}`], {});
  assert.equal(lines.length, 50);
  assert.equal(lines[0], 'call-10 -> {}');
});
