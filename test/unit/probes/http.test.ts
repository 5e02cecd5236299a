import { describe, expect, it } from 'vitest';
import { httpProbe, readingOfFailure, readingOfStatus } from '../../../src/probes/http.ts';
import { HttpFailure } from '../../../src/world/world.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const signal = new AbortController().signal;
const base = { name: 'api', url: 'http://x/health', intervalMs: 100, timeoutMs: 500, user: true };

describe('httpProbe', () => {
  it.each([
    [200, 'ok'],
    [204, 'ok'],
    [301, 'protocol'],
    [404, 'http4xx'],
    [429, 'http429'],
    [500, 'http5xx'],
    [503, 'http5xx'],
    [0, 'protocol'],
    [600, 'protocol'],
  ] as const)('takes status %i for %s', (status, outcome) => {
    expect(readingOfStatus({ status }).outcome).toBe(outcome);
  });

  it.each(['refused', 'reset', 'unreachable', 'timeout', 'protocol'] as const)(
    'takes a failure for %s',
    async (kind) => {
      const probe = httpProbe({ http: scriptedHttp(() => ({ fails: kind })) }, base);
      expect((await probe.sample(signal)).outcome).toBe(kind);
    },
  );

  it('takes an error of any other kind for protocol, with its message', () => {
    expect(readingOfFailure(new Error('odd'))).toEqual({ outcome: 'protocol', detail: 'odd' });
    expect(readingOfFailure(new HttpFailure('reset', 'hung up')).outcome).toBe('reset');
  });

  it('asks with its headers, its kind of connection and the signal that ends it', async () => {
    const http = scriptedHttp(() => ({ status: 200 }));
    const probe = httpProbe({ http }, { ...base, headers: { cookie: 'a=b' }, connection: 'kept' });
    expect(await probe.sample(signal)).toEqual({ outcome: 'ok' });
    expect(http.asked).toEqual([{ url: base.url, headers: { cookie: 'a=b' }, connection: 'kept', signal }]);
    expect(probe.target).toBe('GET http://x/health');
  });

  it('takes a judge that throws for protocol', async () => {
    const judge = () => {
      throw new Error('cannot be read');
    };
    const probe = httpProbe({ http: scriptedHttp(() => ({})) }, { ...base, judge });
    expect(await probe.sample(signal)).toEqual({ outcome: 'protocol', detail: 'cannot be read' });
  });
});
