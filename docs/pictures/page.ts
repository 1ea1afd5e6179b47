/**
 * Takes a picture of a run's page, as a phone or a desk shows it:
 *
 *     node --import tsx docs/pictures/page.ts WIDTH HEIGHT results/latest/report.html > PNG
 *
 * Wants chromium.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openPage } from '../../test/harness/report/browser.ts';

const [width = '', height = '', path = ''] = process.argv.slice(2);
const page = await openPage();
try {
  await page.open(pathToFileURL(resolve(path)).href, Number(width));
  process.stdout.write(await page.screenshot(Number(height)));
} finally {
  await page.close();
}
