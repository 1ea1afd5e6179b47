import { html, type Html } from './html-template.ts';

/** What page.js does for a key. */
const keys = [
  ['/', 'find a case by words of its name'],
  ['j  k', 'the next case, the one before'],
  ['r  R', 'the next red case, the one before'],
  ['Enter', 'open or close the case'],
  ['c', 'its console'],
  ['Esc', 'leave the words, then show all cases'],
  ['?', 'this list'],
] as const;

/** Returns the list of keys, which page.js shows. */
export function renderHelp(): Html {
  const rows = keys.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`);
  return html`<dialog id="help"><h2>Keys</h2><dl>${rows}</dl><form method="dialog"><button>Close</button></form></dialog>
`;
}
