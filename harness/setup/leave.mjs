/**
 * Ends this process once everything it has written is with its reader: to a pipe that is full,
 * Node writes the rest later, and an exit loses it.
 *
 * @param {number} status
 * @returns {Promise<never>}
 */
export async function leave(status) {
  for (const stream of [process.stdout, process.stderr])
    if (stream.writable) await new Promise((done) => stream.write('', done));
  return process.exit(status);
}
