import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvFields } from '../../../src/probes/csv.ts';
import { haproxyStatsProbe, parseShowStat, StatsFormatError, serverState } from '../../../src/probes/haproxy-stats.ts';
import { HttpFailure, type Net } from '../../../src/world/world.ts';

const signal = new AbortController().signal;
const HEADER = '# pxname,svname,qcur,status,check_status,check_fall,last_chk,';
const stat = (...lines: string[]) => `${[HEADER, ...lines].join('\n')}\n\n`;
const server = (status: string, checkStatus: string) => ({
  backend: 'api',
  name: 'api-1',
  status,
  checkStatus,
  checkFall: 3,
});

function netThatSays(text: string | HttpFailure): Pick<Net, 'exchange'> & Net {
  return {
    async exchange() {
      if (text instanceof HttpFailure) throw text;
      return text;
    },
    knock: () => Promise.reject(new Error('not asked for')),
    freePorts: () => Promise.reject(new Error('not asked for')),
  };
}

const probe = (text: string | HttpFailure) =>
  haproxyStatsProbe(
    { net: netThatSays(text) },
    {
      name: 'haproxy',
      stats: { host: 'h', port: 1 },
      backend: 'api',
      servers: ['api-1', 'api-2'],
      intervalMs: 100,
      timeoutMs: 500,
    },
  );

describe('parseShowStat', () => {
  it('finds columns by name, skips FRONTEND and BACKEND, and takes the mark of a running check off', () => {
    const text = stat(
      'users,FRONTEND,0,OPEN,,,,',
      'api,api-1,0,UP,* L7OK,3,"Layer7, check ""passed""",',
      'api,BACKEND,0,UP,,,,',
    );
    expect(parseShowStat(text)).toEqual([server('UP', 'L7OK')]);
    expect(parseShowStat('# status,svname,pxname,check_status\r\nDOWN,api-1,api,L4CON\r\n')).toEqual([
      { ...server('DOWN', 'L4CON'), checkFall: undefined },
    ]);
  });

  it.each(['', 'Unknown command.', '# pxname,svname', stat('api'), stat('api,,0,UP,,,,')])('refuses %j', (text) => {
    expect(() => parseShowStat(text)).toThrow(StatsFormatError);
  });

  it('gives servers or a StatsFormatError, whatever comes', () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc.constant(HEADER),
        fc.constant('api,api-1,0,UP,L7OK,3,,'),
        fc.stringMatching(/^[a-z",\n# ]*$/),
      ),
    );
    fc.assert(
      fc.property(lines, fc.boolean(), (parts, withHeader) => {
        try {
          for (const one of parseShowStat([...(withHeader ? [HEADER] : []), ...parts].join('\n'))) serverState(one);
        } catch (error) {
          expect(error).toBeInstanceOf(StatsFormatError);
        }
      }),
    );
  });
});

describe('csvFields', () => {
  it('gives back any fields that were quoted', () => {
    const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        expect(csvFields(fields.map(quoted).join(','))).toEqual(fields);
      }),
    );
  });
});

describe('serverState', () => {
  it.each([
    ['UP', 'L7OK', 'UP'],
    ['UP', 'INI', 'UP (unchecked)'],
    ['UP', '', 'UP (unchecked)'],
    ['UP', 'L4OK', 'UP (L4OK)'],
    ['UP 1/3', 'L4CON', 'UP (L4CON)'],
    ['DOWN', 'L4CON', 'DOWN'],
    ['DOWN 1/2', 'L7OK', 'DOWN'],
    ['MAINT', '', 'MAINT'],
    ['no check', '', 'no check'],
  ])('%s with %s is %s', (status, check, state) => {
    expect(serverState(server(status, check))).toBe(state);
  });
});

describe('haproxyStatsProbe', () => {
  it('gives a fact for each server, and says which is missing', async () => {
    const reading = await probe(stat('api,api-1,0,UP,L7OK,3,,', 'other,api-2,0,UP,L7OK,3,,')).sample(signal);
    expect(reading).toEqual({ outcome: 'ok', facts: { 'api-1': 'UP', 'api-2': 'missing' } });
  });

  it('takes garbage for protocol, and a closed socket for refused', async () => {
    expect(await probe('nonsense').sample(signal)).toMatchObject({ outcome: 'protocol' });
    expect(await probe(new HttpFailure('refused', 'no')).sample(signal)).toMatchObject({ outcome: 'refused' });
  });
});
