import { DISK_PATIENCE_S, patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { AbortRequest } from './abort-request.ts';
import { Inbox } from './inbox.ts';
import type { Recorder } from './recorder.ts';
import { watchSuspension } from './suspension.ts';

/** What a session attends to beside its drills: its inbox, and whether it stood still itself. */
export interface Attendance {
  readonly request: AbortRequest;
  /** Messages belong to this drill from now on; null: to none. */
  during(scenario: string | null): void;
  /** Takes what still lies in the inbox, and ends. Waits for no disk that has hung before, and for another one not for ever. */
  stop(): Promise<void>;
}

export function attend(world: World, folder: string, recorder: Recorder): Attendance {
  const stopping = new AbortController();
  const request = new AbortRequest();
  const inbox = new Inbox({ world, folder, recorder, request });
  const attending = Promise.all([inbox.run(stopping.signal), watchSuspension(world.clock, recorder, stopping.signal)]);
  return {
    request,
    during(scenario) {
      inbox.scenario = scenario;
    },
    async stop() {
      stopping.abort();
      // Without a journal no message could be written down.
      if (recorder.failure !== undefined) return inbox.leave();
      try {
        await patiently(world.clock, () => attending);
      } catch {
        inbox.leave();
        await recorder.attempt({
          type: 'note',
          scenario: null,
          text: `the inbox did not answer for ${DISK_PATIENCE_S}s: what lay in it at the end was not taken`,
        });
      }
    },
  };
}
