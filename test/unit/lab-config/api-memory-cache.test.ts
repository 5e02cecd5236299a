import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryCache } from '../../../src/lab/api/memory-cache.ts';

describe('MemoryCache', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('forgets a value when its time is over', () => {
    const cache = new MemoryCache();
    cache.set('key', 'value', 1000, false);
    vi.advanceTimersByTime(999);
    expect(cache.get('key')).toBe('value');
    vi.advanceTimersByTime(1);
    expect(cache.get('key')).toBeUndefined();
  });

  it('lists what Redis does not have, with the time it has left', () => {
    const cache = new MemoryCache();
    cache.set('stored', 'a', 1000, false);
    cache.set('kept', 'b', 1000, true);
    vi.advanceTimersByTime(400);
    expect(cache.unsaved()).toEqual([['kept', { value: 'b', leftMs: 600 }]]);
  });

  it('counts a value as stored only if it is still the one that was stored', () => {
    const cache = new MemoryCache();
    cache.set('key', 'old', 1000, true);
    cache.set('key', 'new', 1000, true);
    cache.saved('key', 'old');
    expect(cache.unsaved()).toHaveLength(1);
    cache.saved('key', 'new');
    expect(cache.unsaved()).toHaveLength(0);
    expect(cache.get('key')).toBe('new');
  });

  it('keeps the newest thousand', () => {
    const cache = new MemoryCache();
    for (let n = 0; n <= 1000; n += 1) cache.set(`key-${n}`, 'value', 1000, false);
    expect(cache.get('key-0')).toBeUndefined();
    expect(cache.get('key-1')).toBe('value');
    expect(cache.get('key-1000')).toBe('value');
  });
});
