import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isLabError } from '../../../harness/core/errors.ts';
import { findLabHome } from '../../../harness/core/home.ts';

it('is LAB_HOME, else under the folder for caches', () => {
  assert.equal(findLabHome({ LAB_HOME: '/big/lab' }).root, '/big/lab');
  assert.equal(findLabHome({ XDG_CACHE_HOME: '/var/c' }).root, '/var/c/cr-lab');
  assert.equal(findLabHome({ LAB_HOME: '/big/lab' }).images, '/big/lab/images');
});

for (const path of ['/home/jörg/a-b_c.d', '/h/me@corp', '/h/c++/~x', '/家/lab'])
  it(`may be ${path}`, () => {
    assert.equal(findLabHome({ LAB_HOME: path }).root, path);
  });

const odd = [
  ['/tmp/my lab', 'a space'],
  ['/tmp/lab:1', 'a colon'],
  ['/tmp/a,b', '","'],
  ['/tmp/$x', '"$"'],
  ['/tmp/a=b', '"="'],
  ["/tmp/it's", '"\'"'],
  ['/tmp/a\nb', '"\\n"'],
  ['/tmp/100%', '"%"'],
] as const;
for (const [path, name] of odd)
  it(`may not be ${JSON.stringify(path)}`, () => {
    assert.throws(
      () => findLabHome({ LAB_HOME: path }),
      (error) =>
        isLabError(error) &&
        error.code === 'home-unusable' &&
        error.fault === 'usage' &&
        error.what.includes(`holds ${name},`),
    );
  });
