import type { LabEvent } from '../core/events.ts';

/** Consumes the event stream: a screen, an annotation writer. Looks nowhere else. */
export interface Reporter {
  onEvent(event: LabEvent): void;
  /** Called once, after the last event. */
  end?(): Promise<void>;
}

/** Where a reporter writes: a stream, or a test's buffer. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
