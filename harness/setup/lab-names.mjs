// Module hooks: a project's files import `cr-lab/case` and `cr-lab/project`, and get those of the
// lab that runs them, installed beside them or not.

/** Where the lab is, as a URL that ends with a slash. */
let engine = '';

/** @param {{ engine: string }} data */
export function initialize(data) {
  engine = data.engine;
}

/**
 * @param {string} specifier
 * @param {import('node:module').ResolveHookContext} context
 * @param {(specifier: string, context?: import('node:module').ResolveHookContext) =>
 *   import('node:module').ResolveFnOutput | Promise<import('node:module').ResolveFnOutput>} next
 * @returns {Promise<import('node:module').ResolveFnOutput>}
 */
export async function resolve(specifier, context, next) {
  const own = /^cr-lab\/(case|project)$/.exec(specifier)?.[1];
  if (own !== undefined)
    return { url: `${engine}harness/${own}.ts`, format: 'module', shortCircuit: true };
  const found = await next(specifier, context);
  // A project needs no package.json that says so.
  return /\.ts(?:$|\?)/.test(found.url) ? { ...found, format: 'module' } : found;
}
