import { resultsJsonSchema } from './results.ts';

// Prints the schema: node --import tsx harness/results/results-schema.ts > docs/results.schema.json
process.stdout.write(resultsJsonSchema());
