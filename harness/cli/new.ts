import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { quote, startsAs } from '../core/cli-context.ts';
import type { ProjectCli } from '../core/project.ts';

/** Adds `lab new`. */
export function addNewCommand(program: Command, cli: ProjectCli): void {
  program
    .command('new')
    .description('write a project of your own that runs at once')
    .argument('<folder>', 'where: empty, or not there yet')
    .action(async (name: string) => {
      const { writeProject } = await import('../session/new-project.ts');
      const folder = resolve(cli.folder, name);
      const files = await writeProject(folder);
      const way = relative(cli.folder, folder);
      const near = way.startsWith('..') ? folder : way;
      cli.stdout.write(
        [
          `${folder}:`,
          ...files.map((file) => `  ${file}`),
          '',
          `Run it: ${startsAs(cli.env)} run --project ${quote(near === '' ? '.' : near)}`,
          '',
        ].join('\n'),
      );
    });
}
