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
  /** Takes what still lies in the inbox, and ends. */
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
      await attending;
    },
  };
}
