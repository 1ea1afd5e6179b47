/** What has been made in a guest and how to take it back. */
export interface UndoStack {
  /** `what` names the thing for the report, should `undo` fail: `freezer group of 12`. */
  push(what: string, undo: () => Promise<unknown>): void;
  /** Takes everything back, the newest first, and returns what could not be and why. */
  unwind(): Promise<readonly string[]>;
}

/** Returns an empty stack. */
export function createUndoStack(): UndoStack {
  const made: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];
  return {
    push: (what, undo) => void made.push({ what, undo }),
    unwind: async () => {
      const leftovers: string[] = [];
      for (let top = made.pop(); top !== undefined; top = made.pop()) {
        const { what, undo } = top;
        await undo().catch((error: unknown) => {
          leftovers.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }
      return leftovers;
    },
  };
}
