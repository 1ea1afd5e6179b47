/**
 * Draws what stands on a real terminal while a command runs, as SVG:
 *
 *     node --import tsx docs/pictures/terminal.ts 'PATTERN' COMMAND… > docs/pictures/run.svg
 *
 * The picture is taken when a line of the screen matches the pattern; then the command is
 * interrupted. Wants tmux.
 */
import { openTerminal } from '../../test/harness/report/terminal.ts';

const size = { columns: 112, rows: 24 };
const cell = { width: 8, height: 18, margin: 12 };

/** Of a terminal with a dark ground, by SGR's numbers. */
const colours: Readonly<Record<string, string>> = {
  '31': '#ff6369',
  '32': '#4cc38a',
  '33': '#f1a10d',
  '36': '#70c8d8',
};

interface Look {
  colour: string | undefined;
  isDim: boolean;
  isBold: boolean;
}

function applySgr(look: Look, codes: readonly string[]): void {
  for (const code of codes) {
    if (code === '0' || code === '') Object.assign(look, plainLook());
    else if (code === '1') look.isBold = true;
    else if (code === '2') look.isDim = true;
    else if (code === '22') Object.assign(look, { isBold: false, isDim: false });
    else if (code === '39') look.colour = undefined;
    else look.colour = colours[code] ?? look.colour;
  }
}

function plainLook(): Look {
  return { colour: undefined, isDim: false, isBold: false };
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Returns one line's pieces; the look goes on into the next line, as on a terminal. */
function drawLine(line: string, look: Look): string {
  // eslint-disable-next-line no-control-regex
  const pieces = line.split(/\u001b\[([\d;]*)m/);
  return pieces
    .map((piece, index) => {
      if (index % 2 === 1) {
        applySgr(look, piece.split(';'));
        return '';
      }
      if (piece === '') return '';
      const { colour, isDim, isBold } = look;
      const style = [
        colour === undefined ? '' : ` fill="${colour}"`,
        isDim ? ' opacity=".6"' : '',
        isBold ? ' font-weight="bold"' : '',
      ].join('');
      return style === '' ? escape(piece) : `<tspan${style}>${escape(piece)}</tspan>`;
    })
    .join('');
}

function draw(screen: string): string {
  const look = plainLook();
  const lines = screen.trimEnd().split('\n');
  const width = size.columns * cell.width + 2 * cell.margin;
  const height = lines.length * cell.height + 2 * cell.margin;
  const rows = lines.map((line, index) => {
    const y = cell.margin + (index + 0.75) * cell.height;
    return `<text x="${cell.margin}" y="${y}">${drawLine(line, look)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13.3" fill="#e4e8ec" style="white-space: pre">`,
    `<rect width="100%" height="100%" rx="6" fill="#14171a"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

const [pattern = '', ...argv] = process.argv.slice(2);
const terminal = await openTerminal(argv, {}, size);
try {
  await terminal.waitFor(new RegExp(pattern, 'm'));
  process.stdout.write(draw(await terminal.screen({ colours: true })));
  await terminal.press('C-c');
  await terminal.ended();
} finally {
  await terminal.close();
}
