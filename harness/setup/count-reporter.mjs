/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {string[]} failed Names.
 * @property {{ name: string, reason: string }[]} skipped
 */

/**
 * What node:test says of a finished test, as far as it is used here.
 * @typedef {object} Finished
 * @property {string} name
 * @property {number} nesting
 * @property {string} [file]
 * @property {string | boolean} [skip]
 * @property {string | boolean} [todo]
 * @property {{ type?: string, error?: { failureType?: string } }} [details]
 */

/**
 * A node:test reporter that prints one line of JSON: what passed, failed, was skipped and
 * why. A file that holds no test is a failure: node:test itself calls it a success.
 * @param {AsyncIterable<{ type: string, data: Finished }>} source
 */
export default async function* countTests(source) {
  /** @type {Counts} */
  const counts = { passed: 0, failed: [], skipped: [] };
  for await (const { type, data } of source) {
    if (type === 'test:pass') countPass(counts, data);
    // A parent that failed for its children has nothing to add to them.
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed')
      counts.failed.push(data.name);
  }
  yield `${JSON.stringify(counts)}\n`;
}

/**
 * @param {Counts} counts
 * @param {Finished} test
 */
function countPass(counts, test) {
  const { name, nesting, skip, todo, details } = test;
  if (nesting === 0 && name.endsWith('.test.ts')) counts.failed.push(`${name}: holds no test`);
  else if (isSet(skip)) counts.skipped.push({ name, reason: typeof skip === 'string' ? skip : '' });
  else if (isSet(todo)) counts.skipped.push({ name, reason: 'to do' });
  else if (details?.type !== 'suite') counts.passed += 1;
}

/**
 * node:test says false, undefined, true or a reason; the reason may be empty.
 * @param {string | boolean | undefined} mark
 */
function isSet(mark) {
  return mark !== undefined && mark !== false;
}
