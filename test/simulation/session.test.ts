import { describe, expect, it } from 'vitest';
import { GamedayError } from '../../src/core/errors.ts';
import { foldJournal } from '../../src/journal/view.ts';
import { judgeSession } from '../../src/verdict/judge.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, type SimSetup } from '../support/sim-session.ts';

function why(run: SimRun): string {
  return JSON.stringify(
    run.result?.judgement.scenarios.map(({ why: reason, gates }) => ({
      reason,
      gates: gates.map(({ spec, result }) => `${spec.id} ${result.status} ${result.reason}`),
    })),
  );
}

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

describe('before anything is broken', () => {
  it('refuses over a blocked check, breaks nothing, and names the skip that runs the rest', async () => {
    const blocked = {
      name: 'login',
      status: 'blocked',
      detail: 'n1: password authentication failed',
      hint: 'mend it',
    } as const;
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { checks: [blocked] }), simDrill(cluster, { id: 'B' })],
    });
    expect(run.error).toBeInstanceOf(GamedayError);
    expect(run.error).toMatchObject({ exitCode: 3, code: 'preflight' });
    expect((run.error as GamedayError).hint).toContain('gameday run --skip A');
    expect(run.platform.commands).toEqual([]);
  });

  it('refuses where a node is down already, names it and what starts it', async () => {
    const run = await runSim({ arrange: ({ cluster }) => cluster.stop('n3') });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'preflight', message: expect.stringContaining('n3 is down') });
    expect((run.error as GamedayError).hint).toContain('start n3');
    expect(run.platform.commands).toEqual([]);
  });

  it('leaves an unattainable scenario alone, says INCONCLUSIVE, and runs the others', async () => {
    const unattainable = {
      name: 'timeouts',
      status: 'unattainable',
      detail: '180s against 30s',
      hint: 'lower failover-timeout',
    } as const;
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { checks: [unattainable] }), simDrill(cluster, { id: 'B' })],
    });
    expect(run.result?.judgement.scenarios.map(({ verdict }) => verdict)).toEqual(['INCONCLUSIVE', 'PASS']);
    expect(run.result?.exit).toBe(3);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('injects nothing without a steady state', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.broken = true;
      },
    });
    expect(run.result?.exit).toBe(3);
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'not-injected' });
    expect(run.platform.commands).toEqual([]);
  });

  it('injects nothing while an expected alert is firing already', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.stuckAlert = true;
      },
    });
    expect(run.result?.exit).toBe(3);
    expect(run.platform.commands).toEqual([]);
  });

  it('takes no member away that the stack cannot lose', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { plan: { maxDown: 0 } })] });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('not-injected');
    expect(run.platform.commands).toEqual([]);
  });

  it('never breaks a node that the configuration does not name', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { victims: ['somebody-elses'] })] });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('not-injected');
    expect(run.platform.commands).toEqual([]);
  });

  it('refuses over a node that an earlier session left down, with the command that mends it', async () => {
    const left = {
      name: 'leftovers',
      status: 'blocked',
      detail: 'n2 is down: session zero broke it',
      hint: 'restore it: sim start n2',
    } as const;
    const run = await runSim({ leftovers: [left] });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'leftovers', hint: 'restore it: sim start n2' });
    expect(run.platform.commands).toEqual([]);
  });

  it('lets one session at a time into an environment', async () => {
    const run = await runSim({
      arrange: ({ world }) => {
        void world.fs.makeFolder('/srv', 0o700);
        void world.locks.acquire('/srv/lock', {
          pid: 7,
          startTime: '1',
          host: 'other',
          session: 'earlier',
          since: 'now',
        });
      },
    });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'environment-busy' });
    expect(String(run.error)).toContain('earlier');
    expect(run.records).toEqual([]);
  });
});

describe('a fault command that does not do as it says', () => {
  it.each(['fail', 'no-effect', 'hang'] as const)(
    '%s: the fault is not proven, the node is undone all the same, nothing is claimed',
    async (script) => {
      const run = await runSim({ arrange: ({ platform }) => void platform.stops.push(script) });
      expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
      expect(run.result?.exit).toBe(3);
      expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
      expect(run.cluster.down()).toEqual([]);
    },
  );

  it('effect-but-fail: the node is gone, but perhaps not by us: undone, and nothing is claimed', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('effect-but-fail') });
    expect(ofType(run.records, 'fault.settled')[0]?.outcome).toBe('failed');
    expect(run.result?.judgement.verdict, why(run)).toBe('INCONCLUSIVE');
    expect(run.cluster.down()).toEqual([]);
  });

  it('effect-but-hang: indeterminate, proven, and undone', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('effect-but-hang') });
    expect(ofType(run.records, 'fault.settled')[0]?.outcome).toBe('indeterminate');
    expect(run.cluster.down()).toEqual([]);
  });

  it('late: a stop that lands after all is still undone before "restored" is said', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('late') });
    expect(run.cluster.down()).toEqual([]);
    expect(ofType(run.records, 'undo.settled').at(-1)?.outcome).toBe('restored');
  });
});

describe('an undo that does not do as it says', () => {
  it('leaves a node half up: started again, not waited for until the time is up', async () => {
    const run = await runSim({
      arrange: ({ platform }) => {
        const inspect = platform.inspect.bind(platform);
        const starts = () => platform.commands.filter((command) => command === 'start n1').length;
        platform.inspect = async (node) =>
          node.name === 'n1' && starts() === 1 ? { state: 'starting', detail: 'half of it' } : inspect(node);
      },
    });
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({ outcome: 'restored' });
    expect(run.platform.commands).toEqual(['stop n1', 'start n1', 'start n1']);
  });

  it('starts the node even where the command that stopped it cannot be ended, and says so', async () => {
    const run = await runSim({
      arrange: ({ world, platform, cluster }) => {
        platform.stop = async (node, { onCommand }) => {
          onCommand?.({ pid: 77, startTime: '1' });
          cluster.stop(node.name);
        };
        world.processes.alive = async () => true;
        world.processes.killGroup = () => {
          throw new Error('EPERM');
        };
      },
    });
    expect(run.platform.commands).toEqual(['start n1']);
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({
      outcome: 'restored',
      detail: expect.stringContaining('EPERM'),
    });
  });

  it.each(['fail', 'no-effect', 'effect-but-fail', 'hang'] as const)(
    '%s at first: tried again until the node is up',
    async (script) => {
      const run = await runSim({ arrange: ({ platform }) => void platform.starts.push(script) });
      expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({ outcome: 'restored' });
      expect(run.cluster.down()).toEqual([]);
      expect(run.platform.commands.filter((command) => command === 'start n1')).toHaveLength(2);
    },
  );

  it('never works: exit 5, the node is named with the command for a person, and no later drill runs', async () => {
    const run = await runSim({
      drills: ({ cluster, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
      },
    });
    expect(run.result?.exit).toBe(5);
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({
      outcome: 'not-restored',
      node: 'n1',
      byHand: 'sim start n1',
    });
    expect(run.result?.judgement.scenarios[1]?.outcome).toBe('not-run');
    expect(run.platform.commands.filter((command) => command.startsWith('stop'))).toEqual(['stop n1']);
  });
});

describe('a promise that does not hold', () => {
  it('a failover that takes too long is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.failoverMs = 60_000;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('a lost write is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.loseAtFailover = 3;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('an outage without a log line is FAIL', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        simDrill(cluster, {
          plan: { logs: [{ name: 'never', nodes: ['app'], pattern: 'no such line', withinMs: 10_000 }] },
        }),
      ],
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('an alert that never comes is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.muted = true;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });
});

describe('a mistake of our own', () => {
  it('ends the drill, and the exit says whose fault it was', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster);
        const gone = () => {
          throw new TypeError("Cannot read properties of undefined (reading 'host')");
        };
        return [{ ...drill, strike: async () => (await drill.strike(new AbortController().signal)).map(gone) }];
      },
    });
    expect(run.result?.exit, why(run)).toBe(4);
    expect(run.cluster.down()).toEqual([]);
  });

  it("a stack's own error is INCONCLUSIVE, exit 3", async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        {
          ...simDrill(cluster),
          strike: () => Promise.reject(new Error('monitor: connect ECONNREFUSED 127.0.0.1:5432')),
        },
      ],
    });
    expect(run.result?.exit, why(run)).toBe(3);
  });
});

describe('what could not be seen', () => {
  it('no alerts reachable: the drill runs, its alert gate is INCONCLUSIVE, never PASS', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.alertsReachable = false;
      },
    });
    expect(run.result?.judgement.session.find(({ spec }) => spec.id === 'alerts')?.result.status).toBe('INCONCLUSIVE');
    expect(run.result?.exit, why(run)).toBe(3);
  });

  it('alerts that cannot be read any more in mid-drill: INCONCLUSIVE, and the stack is not called unhealed for it', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) =>
        void world.clock.sleep(11_000).then(() => {
          cluster.alertsReachable = false;
        }),
    });
    expect(run.result?.judgement.scenarios[0]?.verdict, why(run)).toBe('PASS');
    expect(run.result?.exit, why(run)).toBe(3);
  });

  it('no gates: nothing is proven', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { gates: [] })] });
    expect(run.result?.judgement.scenarios[0]?.verdict).toBe('INCONCLUSIVE');
  });

  it('a stack that never serves again after the undo is not healed', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        {
          ...simDrill(cluster, { plan: { recoversAfter: 'undo' } }),
          recovered: async () => ({ ok: false, detail: 'n2 refuses writes' }),
        },
      ],
    });
    expect(run.result?.judgement.scenarios[0]?.verdict).toBe('FAIL');
    expect(run.result?.judgement.scenarios[0]?.why).toContain('not healed: n2 refuses writes');
  });

  it('a node that is starting again by itself voids the measurement', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        const inspect = platform.inspect.bind(platform);
        let back = false;
        void world.clock.sleep(8_000).then(() => {
          back = true;
        });
        platform.inspect = async (node) =>
          back && node.name === 'n1' && !platform.commands.includes('start n1')
            ? { state: 'starting', detail: 'something restarts it' }
            : inspect(node);
      },
    });
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
  });

  it('a node that comes back by itself voids the measurement', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) => void world.clock.sleep(8_000).then(() => cluster.start('n1')),
    });
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
  });
});

describe('a drill that has to end early', () => {
  it('an untouched node goes down: abort, restore, FAIL, and the rest is not run', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(8_000).then(() => cluster.stop('n3'));
        return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
      },
    });
    expect(
      run.result?.judgement.scenarios.map(({ outcome }) => outcome),
      why(run),
    ).toEqual(['aborted', 'not-run']);
    expect(run.result?.exit).toBe(1);
    expect(run.cluster.isUp('n1')).toBe(true);
  });

  it('users see errors for too long: abort, restore, FAIL', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(6_000).then(() => {
          cluster.broken = true;
        });
        return [simDrill(cluster, { plan: { outageMs: 120_000, observeDeadlineMs: 130_000 } })];
      },
    });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('aborted');
    expect(run.cluster.isUp('n1')).toBe(true);
    expect(run.result?.exit).toBe(1);
  });

  it.each([1_000, 3_500, 5_000, 9_000, 17_500])(
    'a signal after %dms: everything is restored and the exit is 130',
    async (ms) => {
      const run = await runSim({
        arrange: ({ world }) => void world.clock.sleep(ms).then(() => world.signals.raise('SIGINT')),
      });
      expect(run.result?.exit, why(run)).toBe(130);
      expect(run.cluster.down()).toEqual([]);
    },
  );

  it('a signal while everything is still being looked at: nothing is broken, and it is no refusal', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(500).then(() => world.signals.raise('SIGINT'));
        const preflight = async (signal: AbortSignal) => {
          await world.clock.sleep(2_000, signal);
          signal.throwIfAborted();
          return [];
        };
        return [{ ...simDrill(cluster), preflight }];
      },
    });
    expect(run.result?.exit, why(run)).toBe(130);
    expect(run.platform.commands).toEqual([]);
  });

  it('a second and third signal do not cut the restore short', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        platform.starts.push('no-effect', 'fail');
        for (const ms of [5_000, 5_100, 5_200]) void world.clock.sleep(ms).then(() => world.signals.raise('SIGTERM'));
      },
    });
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(130);
  });
});

/** Calls back at the first sync of the journal after the way back has been looked up: the undo is being armed. */
function atArming({ world, platform }: SimSetup, then: () => void): void {
  const byHand = platform.byHand.bind(platform);
  let arming = false;
  platform.byHand = (action, node) => {
    arming = true;
    return byHand(action, node);
  };
  world.fs.fault = ({ kind, path }) => {
    if (arming && kind === 'sync' && path.endsWith('journal.jsonl')) {
      arming = false;
      then();
    }
    return undefined;
  };
}

describe('while the undo is being armed', () => {
  it('a signal comes: nothing is broken any more', async () => {
    const run = await runSim({ arrange: (setup) => atArming(setup, () => setup.world.signals.raise('SIGINT')) });
    expect(run.platform.commands).not.toContain('stop n1');
    expect(run.result?.exit).toBe(130);
  });

  it('the journal is lost: nothing is broken, and nobody is told that a node is down', async () => {
    const run = await runSim({
      arrange: (setup) =>
        atArming(setup, () => {
          setup.world.fs.fault = ({ kind, path }) =>
            kind === 'append' && path.endsWith('journal.jsonl') ? { code: 'ENOSPC' } : undefined;
        }),
    });
    expect(run.platform.commands).not.toContain('stop n1');
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
  });
});

describe('a journal that cannot be written', () => {
  it('while it is judged, with a node that could not be restored: exit 5 all the same', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        let judging = false;
        world.fs.fault = ({ kind, path }) => {
          if (!path.endsWith('journal.jsonl')) return undefined;
          if (kind === 'read') judging = true;
          return judging && kind === 'append' ? { code: 'ENOSPC' } : undefined;
        };
      },
    });
    expect(run.error).toMatchObject({ exitCode: 5 });
    expect((run.error as GamedayError).hint).toContain('sim start n1');
  });

  it('before the fault: nothing is broken', async () => {
    const run = await runSim({
      arrange: ({ world }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'sync' && path.endsWith('journal.jsonl') && world.clock.now() > 1_002_000
            ? { code: 'EIO' }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
    expect(run.platform.commands).toEqual([]);
  });

  it('after the fault: the drill ends at once, the node is restored, and no verdict is claimed', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && cluster.down().length > 0
            ? { code: 'ENOSPC', after: 5 }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
    expect(run.cluster.down()).toEqual([]);
    expect(run.platform.commands).toContain('start n1');
  });

  it('and a node that cannot be restored: exit 5 outranks the lost journal', async () => {
    const run = await runSim({
      arrange: ({ world, cluster, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && cluster.down().length > 0
            ? { code: 'ENOSPC' }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ exitCode: 5 });
    expect((run.error as GamedayError).hint).toContain('sim start n1');
  });
});
