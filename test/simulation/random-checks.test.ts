import { expect, it } from 'vitest';
import type { RecordOf } from '../../src/journal/events.ts';
import { Coverage } from './random/coverage.ts';
import { planOf } from './random/generate.ts';
import { Stage } from './random/stage.ts';

/** The first session calls n1 restored; then others are played, and a command lands. */
async function landsAfter(sessions: readonly string[], of: string): Promise<readonly string[]> {
  const stage = new Stage({ ...planOf(1), blows: [] }, new Coverage());
  const [node = ''] = stage.plan.nodes;
  const fault = `${stage.plan.drills[0]?.id}1`;
  const settled = {
    type: 'undo.settled',
    fault,
    node,
    outcome: 'restored',
    verifiedBy: 'a look',
    t: stage.machine.now(),
  } as unknown as RecordOf<'undo.settled'>;
  await stage.machine.run(60_000, async () => {
    const process = stage.machine.spawn('tool', async () => 0);
    stage.checks.inspected(node, 'up');
    stage.checks.recorded(process, settled);
    for (const session of sessions) stage.begin(session);
    stage.field.stop(node, { who: 'us', session: of, fault });
    await process.ended;
  });
  return stage.checks.broken.filter((line) => line.startsWith('restored stays up'));
}

it.each([
  ['while it is the only one', []],
  ['while another one is played over it', ['over']],
  ['after that', ['over', 'one']],
] as const)('a late command of a session that has called the node restored is caught %s', async (_when, sessions) => {
  expect(await landsAfter(sessions, 'one')).toHaveLength(1);
});

it('a fault of the same name in the next session is none of the first one', async () => {
  expect(await landsAfter(['next'], 'next')).toEqual([]);
});
