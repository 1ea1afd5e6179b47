import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { gitText } from '../../../kernel/git.ts';
import { readSeries } from '../../../kernel/series/series.ts';
import { acquireSource } from '../../../kernel/source/source.ts';
import { commitSeries } from '../../../kernel/tree/apply.ts';
import { makeChangePatch } from '../../../kernel/tree/change-patch.ts';
import { toyBase, usualSeries, withToy, writeSeries, writeToy } from '../toy.ts';

it('is a patch that a series can end with, the same for the same texts', () =>
  withToy(async (toy) => {
    writeSeries(toy, usualSeries);
    const source = await acquireSource(
      toyBase,
      { from: writeToy(join(toy.folder, 'linux')) },
      toy.context,
    );
    const series = await readSeries(toyBase, undefined, toy.patches);
    const head = await gitText(source.repository, ['rev-parse', 'HEAD']);
    // A text may end with an empty line, which a patch must not lose.
    const files = new Map([
      ['kernel/sys.c', 'int sys;\n\n'],
      ['kernel/lab/new.c', 'int fresh;\n'],
    ]);
    const make = () => makeChangePatch({ source, series }, files, 'other texts', toy.context);
    const patch = await make();
    assert.equal(await make(), patch);
    assert.equal(await gitText(source.repository, ['rev-parse', 'HEAD']), head);

    const folder = join(toy.folder, 'more', toyBase.name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '0001-other-texts.patch'), patch);
    await writeFile(join(folder, 'series'), '0001-other-texts.patch\n');
    const [last] = (await readSeries(toyBase, undefined, join(toy.folder, 'more'))).patches;
    assert.ok(last);
    assert.equal(last.subject, 'other texts');
    const whole = { ...series, patches: [...series.patches, last] };
    const { commits } = await commitSeries(source, whole, toy.context);
    for (const [path, text] of files) {
      const shown = await gitText(source.repository, ['show', `${commits.at(-1) ?? ''}:${path}`]);
      assert.equal(shown, text.trimEnd());
    }
  }));
