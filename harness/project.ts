/** What a project's lab.config.ts imports. */
import type { Project } from './core/project.ts';

export type { ArtefactPlace, ArtefactRules, Headline, Project } from './core/project.ts';

/** Returns a project as it is: it is here for its type. */
export function defineProject(project: Project): Project {
  return project;
}
