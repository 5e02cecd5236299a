import { describe, expect, it } from 'vitest';
import { foldJournal } from '../../src/journal/fold.ts';
import { judgeSession } from '../../src/verdict/judge.ts';
import { simDrill } from '../support/sim-drill.ts';
import { runSim, why } from '../support/sim-session.ts';

describe('a session in which everything holds', () => {
  it('passes, and says so only after looking', async () => {
    const run = await runSim();
    expect(run.error).toBeUndefined();
    expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
    expect(run.result?.exit).toBe(0);
    expect(run.cluster.down()).toEqual([]);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('has the undo in the journal before the fault, and the proof before anything is measured', async () => {
    const { records } = await runSim();
    const order = records.filter((record) => /^(undo|fault)\./.test(record.type)).map((record) => record.type);
    expect(order).toEqual([
      'undo.armed',
      'fault.requested',
      'fault.settled',
      'fault.proven',
      'undo.requested',
      'undo.settled',
    ]);
  });

  it('judges the same from the journal on disk as it did live', async () => {
    const { records, result } = await runSim();
    expect(judgeSession(foldJournal(records), [])).toEqual(result?.judgement);
  });

  it('writes the same journal again for the same world', async () => {
    const [one, other] = [await runSim(), await runSim()];
    expect(one.records).toEqual(other.records);
  });

  it('goes through several drills in sequence', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster), simDrill(cluster, { id: 'B' })] });
    expect(
      run.result?.judgement.scenarios.map(({ verdict }) => verdict),
      why(run),
    ).toEqual(['PASS', 'PASS']);
  });
});
