// Prints the page: node --import tsx docs/errors.ts > docs/errors.md
import { errorCodes } from '../harness/core/error-codes.ts';

/** Returns docs/errors.md. */
export function renderErrors(): string {
  const groups = Object.entries(errorCodes).map(([group, codes]) =>
    [
      `## ${group}`,
      '',
      '| code | what it means |',
      '| --- | --- |',
      ...Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
      '',
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    '<!-- Made from harness/core/error-codes.ts by docs/errors.ts. -->',
    '',
    'An error of the lab says what was being done, to what, and what to do next, and ends with its',
    'code in brackets: `[no-cases]`. A code keeps its meaning for ever; `results.json` has it as',
    '`error.code`. What the caller can put right ends with status 2, what is the lab’s or the',
    'machine’s with 3; what the kernel does wrong is no error, but a red case, and 1.',
    '',
    groups.join('\n'),
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) process.stdout.write(renderErrors());
