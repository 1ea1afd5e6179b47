import { images } from './cases/cr/artefact.ts';
import { addImageCommand } from './cases/cr/image-command.ts';
import { defineProject } from './harness/project.ts';

export default defineProject({
  name: 'c/r',
  notices: [/^c\/r:/],
  artefacts: images,
  addCommands: addImageCommand,
});
