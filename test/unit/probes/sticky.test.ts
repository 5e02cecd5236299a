import { describe, expect, it } from 'vitest';
import { StickyCookie, stickyProbe } from '../../../src/probes/sticky.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

const signal = new AbortController().signal;
const healthy = JSON.stringify({ status: 'healthy', components: { database: { status: 'healthy' } } });

describe('StickyCookie', () => {
  it('takes the first value, and then only one that answers a request with the present one', () => {
    const cookie = new StickyCookie('B');
    cookie.adopt(undefined, 'B=api-1; path=/');
    expect(cookie.header()).toBe('B=api-1');
    cookie.adopt(undefined, 'B=api-2; path=/');
    expect(cookie.header()).toBe('B=api-1');
    cookie.adopt('B=api-1', 'other=x; path=/, B=api-2; path=/');
    expect(cookie.header()).toBe('B=api-2');
    cookie.adopt('B=api-2', undefined);
    cookie.adopt('B=api-2', 'NOTB=api-1');
    expect(cookie.header()).toBe('B=api-2');
  });
});

describe('stickyProbe', () => {
  it('sends the cookie back, and tells who served and nothing else', async () => {
    const http = scriptedHttp(() => ({
      body: healthy,
      headers: { 'x-served-by': 'api-1', 'set-cookie': 'B=api-1; path=/' },
    }));
    const probe = stickyProbe(
      { http },
      { name: 'sticky', url: 'http://x/', cookie: new StickyCookie('B'), intervalMs: 100, timeoutMs: 500 },
    );
    expect(await probe.sample(signal)).toEqual({ outcome: 'ok', facts: { backend: 'api-1' } });
    await probe.sample(signal);
    expect(http.asked.map((request) => request.headers)).toEqual([{}, { cookie: 'B=api-1' }]);
  });

  it('names no backend for an answer that is none of a backend', async () => {
    const http = scriptedHttp(() => ({ status: 503, headers: { 'x-served-by': 'api-1' } }));
    const probe = stickyProbe(
      { http },
      { name: 'sticky', url: 'http://x/', cookie: new StickyCookie('B'), intervalMs: 100, timeoutMs: 500 },
    );
    expect(await probe.sample(signal)).toEqual({ outcome: 'http5xx', detail: 'status 503' });
  });
});
