interface Entry {
  readonly value: string;
  readonly expiresAt: number;
  /** Set while Redis was out, so Redis does not have it. */
  readonly unsaved: boolean;
}

const MOST_ENTRIES = 1000;

/** A small cache in this process: the last values seen, the oldest dropped first. */
export class MemoryCache {
  readonly #entries = new Map<string, Entry>();

  set(key: string, value: string, ttlMs: number, unsaved: boolean): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: performance.now() + ttlMs, unsaved });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > performance.now() ? entry.value : undefined;
  }

  unsaved(): [string, { readonly value: string; readonly leftMs: number }][] {
    const now = performance.now();
    return [...this.#entries]
      .filter(([, entry]) => entry.unsaved && entry.expiresAt - now >= 1)
      .map(([key, entry]) => [key, { value: entry.value, leftMs: Math.floor(entry.expiresAt - now) }]);
  }

  /** Marks a value as stored in Redis, unless a newer one came meanwhile. */
  saved(key: string, value: string): void {
    const entry = this.#entries.get(key);
    if (entry?.value === value) this.#entries.set(key, { ...entry, unsaved: false });
  }
}
