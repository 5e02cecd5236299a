import { logLine, newLineState } from '../../report/lines.ts';
import type { Stream } from '../../world/world.ts';
import type { SessionView } from './view.ts';

/** The lines of session.log, on stderr. */
export function plainView(stream: Stream): SessionView {
  const state = newLineState();
  return {
    onRecord(record) {
      const lines = logLine(record, state);
      if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
    },
    async end() {},
  };
}
