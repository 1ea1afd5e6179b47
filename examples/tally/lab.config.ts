import { defineProject } from 'cr-lab/project';

export default defineProject({
  name: 'tally',
  bases: ['v6.1'],
  series: 'patches',
  config: ['tally.config'],
  programs: ['programs/tally.c'],
  selftests: ['sigaltstack'],
});
