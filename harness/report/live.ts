import { createLogUpdate } from 'log-update';
import { lastingLines } from './lines.ts';
import type { Reporter } from './reporter.ts';
import { drawScreen, emptyScreen, updateScreen } from './screen.ts';
import type { Style } from '../core/style.ts';

/** Ten times a second: clocks move, and a terminal over a slow line keeps up. */
const frameMilliseconds = 100;

/**
 * Returns a reporter for terminals: what has ended scrolls by, what runs now stands below
 * it. Nothing else may write to the stream until end().
 */
export function createLiveReporter(
  stream: NodeJS.WriteStream,
  style: Style,
  now: () => number = () => performance.now(),
): Reporter {
  const frame = createLogUpdate(stream);
  const screen = emptyScreen();
  // Events carry their own clock; between them time goes on by ours.
  let offset = now();
  let timer: NodeJS.Timeout | undefined;
  let lasting: string[] = [];

  const draw = () => {
    if (lasting.length > 0) frame.persist(lasting.join('\n'));
    lasting = [];
    const lines = drawScreen(screen, { now: now() - offset, width: stream.columns, style });
    if (lines.length === 0) frame.clear();
    else frame(lines.join('\n'));
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    draw();
    frame.clear();
    frame.done();
  };

  return {
    onEvent(event) {
      offset = now() - event.at;
      updateScreen(screen, event);
      lasting.push(...lastingLines(event, screen.severalBases, style));
      if (event.type === 'run-ended') stop();
      else timer ??= setInterval(draw, frameMilliseconds);
    },
    end() {
      if (timer !== undefined) stop();
      return Promise.resolve();
    },
  };
}
