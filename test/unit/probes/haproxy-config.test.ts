import { describe, expect, it } from 'vitest';
import { haproxyConfig } from '../../../src/lab/haproxy.ts';
import { HaproxyConfigError, serverChecks } from '../../../src/probes/haproxy-config.ts';

const lab = (tuned: boolean) =>
  haproxyConfig({
    frontPort: 1,
    statsPort: 2,
    metricsPort: 3,
    tuned,
    servers: [1, 2].map((n) => ({ name: `api-${n}`, host: '127.0.0.1', port: n })),
  });

describe('the checks of a backend', () => {
  it('are those of the lab, tuned and as shipped', () => {
    const tuned = { checked: true, interMs: 1_000, fastinterMs: 1_000, downinterMs: 1_000, fall: 3, rise: 2 };
    expect(serverChecks(lab(true), 'api')).toMatchObject([
      { name: 'api-1', ...tuned },
      { name: 'api-2', ...tuned },
    ]);
    expect(serverChecks(lab(false), 'api')[0]).toMatchObject({ interMs: 2_000, fastinterMs: 2_000, fall: 3 });
  });

  it('are a server’s own over those of its backend over those of the defaults', () => {
    const text = `
defaults # of everybody
  default-server inter 5s fall 4
backend other
  default-server inter 1m
  server a 10.0.0.9:1 check
backend web
  default-server fastinter 500 observe layer4 error-limit 1 on-error mark-down check
  server a 10.0.0.1:80 weight 10 inter 250ms # the first
  server b 10.0.0.2:80 no-check fall 2 rise 5 downinter 1h
`;
    const watched = { fastinterMs: 500, observe: 'layer4', errorLimit: 1, onError: 'mark-down' };
    expect(serverChecks(text, 'web')).toEqual([
      { name: 'a', checked: true, interMs: 250, downinterMs: 250, fall: 4, rise: 2, ...watched },
      { name: 'b', checked: false, interMs: 5_000, downinterMs: 3_600_000, fall: 2, rise: 5, ...watched },
    ]);
  });

  it('are not taken from a section of defaults that came before another one', () => {
    const text =
      'defaults\n default-server inter 9s\ndefaults\n timeout check 1s\nlisten web\n server a 10.0.0.1:80 check\n';
    expect(serverChecks(text, 'web')).toMatchObject([{ interMs: 2_000 }]);
  });

  it.each([
    ['', 'web'],
    ['backend other\n server a x:1 check\n', 'web'],
    ['backend web\n server a x:1 check inter often\n', 'web'],
    ['backend web\n server a x:1 check fall -1\n', 'web'],
  ])('are not made up from %j', (text, backend) => {
    expect(() => serverChecks(text, backend)).toThrow(HaproxyConfigError);
  });
});
