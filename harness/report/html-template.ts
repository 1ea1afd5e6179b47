/** Markup that is known to be whole: nothing in it needs escaping any more. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a template; text is escaped, nothing else is. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Returns markup from a template. Every value is escaped for text and for quoted
 * attributes alike, so that what a guest prints stays text wherever it is put.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const markup = parts.reduce((text, part, index) => text + render(values[index - 1]) + part);
  return { markup };
}

/** Returns a link to a file beside the page, or only its words where there is none. */
export type LinkTo = (file: string, words: string) => Html;

/** Returns what links to the files that are there. */
export function linkTo(isThere: (file: string) => boolean): LinkTo {
  return (file, words) =>
    isThere(file) ? html`<a href="${file}">${words}</a>` : html`${words} (not in this folder)`;
}

/** Declares text to be markup: only for what the lab itself ships. */
export function trusted(markup: string): Html {
  return { markup };
}

function render(value: HtmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeHtml(value);
  return isHtml(value) ? value.markup : value.map(render).join('');
}

function isHtml(value: Html | readonly HtmlValue[]): value is Html {
  return 'markup' in value;
}

// What HTML forbids: control characters but tab, line feed and form feed, and surrogates
// that are not paired.
const forbidden =
  /[^\t\n\f\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fdcf}\u{fdf0}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Returns text as HTML shows it literally. */
export function escapeHtml(text: string): string {
  return text.replace(forbidden, '').replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
