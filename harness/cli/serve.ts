import { once } from 'node:events';
import type { Command } from 'commander';
import { resultsFolder, type ProjectCli } from '../core/project.ts';
import { wholeNumber } from './parse.ts';

/** The kernel's own number: a page that is kept open finds it again. */
const defaultPort = 2630;

/** Adds `lab serve`. It ends with Ctrl-C. */
export function addServeCommand(program: Command, cli: ProjectCli): void {
  program
    .command('serve')
    .description('show runs, history and what goes on now as a page, on this machine alone')
    .option('--port <number>', 'the port; 0 for any that is free', wholeNumber(0), defaultPort)
    .option('--results <folder>', 'the results folder')
    .action(async ({ port, results }: { readonly port: number; readonly results?: string }) => {
      const { serveResults } = await import('../session/serve.ts');
      const root = resultsFolder(cli, results);
      const serving = await serveResults(root, port);
      cli.stdout.write(`${serving.address} shows ${root}; Ctrl-C ends it\n`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await serving.close();
    });
}
