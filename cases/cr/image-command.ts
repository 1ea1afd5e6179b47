import type { Command } from 'commander';
import { resolvePath, type Cli } from '../../harness/core/cli-context.ts';
import type { ReadImage } from './image-read.ts';
import type { ImageNode } from './image-tree.ts';
import { cleanLine } from '../../harness/core/text.ts';
import { styleFor } from '../../harness/core/style.ts';

interface Typed {
  readonly json?: true;
  readonly all?: true;
}

/** Adds `lab image`. Its exit status is 1 for an image that is not whole, and for a difference. */
export function addImageCommand(program: Command, cli: Cli): void {
  program
    .command('image')
    .description('show a checkpoint image as a tree, or what differs between two')
    .argument('<file>', 'an image, as sys_checkpoint wrote it')
    .argument('[other]', 'another one, to compare with')
    .option('--json', 'print it as JSON')
    .option('--all', 'show every object, down to names and pages')
    .action((file: string, other: string | undefined, typed: Typed) =>
      showImage(file, other, typed, cli),
    );
}

async function showImage(
  file: string,
  other: string | undefined,
  { json, all = false }: { readonly json?: true; readonly all?: boolean },
  cli: Cli,
): Promise<void> {
  const [{ readImage }, { renderDifferences, renderEnd, renderImage }, { compareImages }] =
    await Promise.all([
      import('./image-read.ts'),
      import('./image-render.ts'),
      import('./image-compare.ts'),
    ]);
  const style = styleFor(cli.stdout, cli.env);
  const first = await readImage(resolvePath(cli, file));
  if (other === undefined) {
    const lines = () => renderImage(first, all, style);
    print(cli, json, toJson(file, first), lines);
    cli.status = first.parsed.complete ? 0 : 1;
    return;
  }
  const second = await readImage(resolvePath(cli, other));
  const differences = compareImages(first, second);
  const images = [toJson(file, first), toJson(other, second)];
  const named = [[file, first] as const, [other, second] as const];
  const broken = named.filter(([, { parsed }]) => !parsed.complete);
  print(cli, json, { images, differences }, () => [
    ...broken.flatMap(([path, image]) => [`${cleanLine(path)}:`, ...renderEnd(image, style)]),
    ...renderDifferences(differences, style),
  ]);
  cli.status = broken.length + differences.length > 0 ? 1 : 0;
}

function print(
  { stdout }: Cli,
  json: true | undefined,
  value: unknown,
  lines: () => readonly string[],
): void {
  const text = json === true ? JSON.stringify(value, plainNumbers, 1) : lines().join('\n');
  stdout.write(`${text}\n`);
}

function toJson(file: string, { parsed, nodes }: ReadImage) {
  const { bytes, complete, error, broken } = parsed;
  return { file, bytes, complete, error, broken, tree: nodes.map(nodeToJson) };
}

function nodeToJson({ object, children, bytes, ...rest }: ImageNode): unknown {
  return { ...object, ...rest, bytes, children: children.map(nodeToJson) };
}

/** JSON has no 64-bit numbers: those that a double can't hold are text. */
function plainNumbers(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
