import { images } from './cases/cr/artefact.ts';
import { addImageCommand } from './cases/cr/image-command.ts';
import { defineProject } from './harness/project.ts';

export default defineProject({
  name: 'c/r',
  notices: [/^c\/r:/],
  artefacts: images,
  headline: {
    name: 'checkpoint of another task',
    cases: /^cases\/(no-such-pid|dead|denied|not-frozen)\.ts /,
  },
  addCommands: addImageCommand,
});
