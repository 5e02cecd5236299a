import type { JournalRecord } from '../../journal/events.ts';
import type { Lab } from '../../lab/lab.ts';
import type { LiveSabotage } from '../sabotage.ts';
import { tell, tellEach } from './balancer.ts';
import { act } from './nodes.ts';

/** The ways in which users are not served. */
export type Manner = 'errors' | 'refuses' | 'hangs';

/** The API, as users reach it, is away in this manner until `serve`. */
export async function withhold(lab: Lab, manner: Manner): Promise<void> {
  if (manner === 'errors') await tellEach(lab, (server) => `set server ${server} state maint`);
  if (manner === 'refuses') await tell(lab, 'disable frontend users');
  if (manner === 'hangs') await act(lab, 'pause', ['haproxy']);
}

export async function serve(lab: Lab, manner: Manner): Promise<void> {
  if (manner === 'errors') await tellEach(lab, (server) => `set server ${server} state ready`);
  if (manner === 'refuses') await tell(lab, 'enable frontend users');
  if (manner === 'hangs') await act(lab, 'resume', ['haproxy']);
}

/** For `during`: from the first proven fault on the API is away for so long. */
export function awayFor(manner: Manner, ms: number): NonNullable<LiveSabotage['during']> {
  return (lab) => {
    let begun = false;
    const away = async (): Promise<void> => {
      await withhold(lab, manner);
      await lab.world.clock.sleep(ms, lab.signal);
      await serve(lab, manner);
    };
    return (record: JournalRecord) => {
      if (begun || record.type !== 'fault.proven') return undefined;
      begun = true;
      return away();
    };
  };
}
