import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haproxyStatsProbe } from '../../../src/probes/haproxy-stats.ts';
import { anyText, look, netThatSays, times } from '../../support/fuzz-probe.ts';
import { damagedText } from '../../support/garbage.ts';

describe('the statistics of HAProxy', { timeout: 60_000 }, () => {
  const HEADER = '# pxname,svname,qcur,status,check_status,check_fall,last_chk,';
  const GOOD = `${HEADER}\nhttp,FRONTEND,0,OPEN,,,,\napi,api-1,0,UP,L7OK,3,"passed, ""L7""",\napi,api-2,0,UP 1/3,L4CON,3,,\napi,BACKEND,0,UP,,,,\n\n`;
  const probe = (text: string) =>
    haproxyStatsProbe(
      { net: netThatSays(text) },
      { name: 'haproxy', stats: { host: 'h', port: 1 }, backend: 'api', servers: ['api-1', 'api-2'], ...times },
    );

  it('are read where they are right', async () => {
    expect(await look(probe(GOOD))).toEqual({ outcome: 'ok', facts: { 'api-1': 'UP', 'api-2': 'UP (L4CON)' } });
  });

  it('of any text are read, or are protocol', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.boolean(), async (text, headed) => {
        const { outcome, facts } = await look(probe(headed ? `${HEADER}\n${text}` : text));
        expect(['ok', 'protocol']).toContain(outcome);
        expect(Object.values(facts ?? {})).not.toContain('UP');
      }),
      { numRuns: 100 },
    );
  });

  it('that were cut off anywhere never call a server UP of which the answer stops in the middle', async () => {
    const end = GOOD.indexOf('\napi,api-2');
    for (let cut = 0; cut < GOOD.length; cut += 1) {
      const { facts } = await look(probe(GOOD.slice(0, cut)));
      if (cut < end) expect(facts?.['api-1'], `cut at ${cut}`).not.toBe('UP');
      expect(facts?.['api-2'], `cut at ${cut}`).not.toBe('UP');
    }
  });

  it('that name a server twice are not believed', async () => {
    const twice = `${HEADER}\napi,api-1,0,DOWN,L4CON,3,,\napi,api-1,0,UP,L7OK,3,,\n`;
    expect(await look(probe(twice))).toMatchObject({ outcome: 'protocol' });
  });

  it('that were damaged are read, or are protocol', async () => {
    await fc.assert(
      fc.asyncProperty(damagedText(GOOD), async (text) => {
        expect(['ok', 'protocol']).toContain((await look(probe(text))).outcome);
      }),
      { numRuns: 100 },
    );
  });
});
