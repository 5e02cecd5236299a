import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Component } from '../../../src/lab/api/component.ts';
import { healthOf } from '../../../src/lab/api/health.ts';

type Finding = { readonly status: 'healthy' | 'degraded'; readonly message: string };

const HEALTHY: Finding = { status: 'healthy', message: 'fine' };

let lines: string[];
let check: () => Promise<Finding>;
let looks: number;

function component(name = 'messages'): Component {
  return new Component({
    name,
    server: 'rabbitmq',
    limitMs: 500,
    log: { info: (_, msg) => lines.push(`info ${msg}`), error: (_, msg) => lines.push(`error ${msg}`) },
    check: () => {
      looks += 1;
      return check();
    },
  });
}

describe('Component', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    looks = 0;
    check = async () => HEALTHY;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is unhealthy until somebody has looked', async () => {
    const one = component();
    expect(one.state).toMatchObject({ status: 'unhealthy', message: 'not checked yet' });
    await one.start();
    expect(one.state).toMatchObject({ status: 'healthy', message: 'fine' });
    expect(lines).toEqual([]);
    one.stop();
  });

  it('logs a trouble at once, again each 5 s, and its end', async () => {
    const one = component();
    await one.start();
    check = () => Promise.reject(new Error('connect ECONNREFUSED'));
    await vi.advanceTimersByTimeAsync(1000);
    const trouble = 'error messages (rabbitmq) unavailable: connect ECONNREFUSED';
    expect(lines).toEqual([trouble]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lines).toEqual([trouble, trouble, trouble]);
    check = async () => HEALTHY;
    await vi.advanceTimersByTimeAsync(1000);
    expect(lines.at(-1)).toBe('info messages (rabbitmq) is back');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lines).toHaveLength(4);
    one.stop();
  });

  it('says degraded where a part still works', async () => {
    check = async () => ({ status: 'degraded', message: 'reads only' });
    const one = component();
    await one.start();
    expect(lines).toEqual(['error messages (rabbitmq) degraded: reads only']);
    one.stop();
  });

  it('does not wait longer than its limit', async () => {
    check = () => new Promise(() => undefined);
    const one = component();
    void one.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(one.state).toMatchObject({
      status: 'unhealthy',
      message: 'check: no answer within 500 ms',
      responseTimeMs: 500,
    });
    one.stop();
  });

  it('looks at once when somebody suspects it, but not for each of many', async () => {
    const one = component();
    await one.start();
    await vi.advanceTimersByTimeAsync(500);
    check = () => Promise.reject(new Error('gone'));
    for (let n = 0; n < 100; n += 1) one.suspect();
    await vi.advanceTimersByTimeAsync(0);
    expect(one.state.status).toBe('unhealthy');
    expect(looks).toBe(2);
    one.stop();
  });

  it('does not look any more once it is stopped', async () => {
    const one = component();
    await one.start();
    one.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(1);
  });
});

describe('healthOf', () => {
  async function health(...statuses: (Finding['status'] | 'out')[]): Promise<string> {
    const components = statuses.map((_, index) => component(`c${index}`));
    for (const [index, status] of statuses.entries()) {
      check = () => (status === 'out' ? Promise.reject(new Error('out')) : Promise.resolve({ status, message: '' }));
      await components[index]?.start();
      components[index]?.stop();
    }
    return healthOf('api-1', components).status;
  }

  it('is healthy with all, degraded with some, unhealthy with none', async () => {
    lines = [];
    expect(await health('healthy', 'healthy')).toBe('healthy');
    expect(await health('healthy', 'degraded')).toBe('degraded');
    expect(await health('healthy', 'out')).toBe('degraded');
    expect(await health('degraded', 'out')).toBe('degraded');
    expect(await health('out', 'out')).toBe('unhealthy');
  });
});
