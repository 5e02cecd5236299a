import { describe, expect, it } from 'vitest';
import { haproxyConfig } from '../../../src/lab/haproxy.ts';

const options = {
  frontPort: 1001,
  statsPort: 1002,
  metricsPort: 1003,
  servers: [
    { name: 'api-1', host: '127.0.0.1', port: 1004 },
    { name: 'api-2', host: '127.0.0.1', port: 1005 },
  ],
};

describe('haproxyConfig', () => {
  it('binds loopback only', () => {
    const addresses = haproxyConfig({ ...options, tuned: true }).match(/(?:bind|ipv4@)\s*\S+/g);
    expect(addresses).toEqual(['ipv4@127.0.0.1:1002', 'bind 127.0.0.1:1001', 'bind 127.0.0.1:1003']);
  });

  it('has both servers with their cookies and the health check in either form', () => {
    for (const tuned of [true, false]) {
      const text = haproxyConfig({ ...options, tuned });
      expect(text).toContain('backend api\n');
      expect(text).toContain('cookie GAMEDAY_BACKEND insert indirect nocache');
      expect(text).toContain('option httpchk GET /api/v1/health');
      expect(text).toContain('server api-1 127.0.0.1:1004 cookie api-1\n');
      expect(text).toContain('server api-2 127.0.0.1:1005 cookie api-2\n');
    }
  });

  it('finds a dead server quickly and moves its requests when tuned', () => {
    const text = haproxyConfig({ ...options, tuned: true });
    expect(text).toContain('default-server check inter 1s fall 3 rise 2');
    expect(text).toContain('option redispatch 1');
    expect(text).toContain('retry-on conn-failure empty-response');
    expect(text).toContain('timeout tunnel 1h');
  });

  it('repeats only what is harmless to repeat', () => {
    expect(haproxyConfig({ ...options, tuned: true })).toContain('disable-l7-retry if !{ method GET HEAD }');
  });

  it('leaves the defaults alone when not tuned', () => {
    const text = haproxyConfig({ ...options, tuned: false });
    expect(text).not.toMatch(/redispatch|retry|retries|inter|tunnel/);
    expect(text).toContain('default-server check\n');
  });
});
