import type { LockOwner, Locks } from '../../src/world/world.ts';

/** Kernel locks in memory. */
export class SimLocks implements Locks {
  private readonly holders = new Map<string, { readonly owner: LockOwner }>();

  async acquire(path: string, owner: LockOwner): ReturnType<Locks['acquire']> {
    const other = this.holders.get(path);
    if (other !== undefined) return { owner: other.owner };
    const release = this.holdElsewhere(path, owner);
    return { held: { release: async () => release() } };
  }

  /** Another process holds the lock until the answer is called. */
  holdElsewhere(path: string, owner: LockOwner): () => void {
    const holder = { owner };
    this.holders.set(path, holder);
    return () => {
      if (this.holders.get(path) === holder) this.holders.delete(path);
    };
  }

  isHeld(path: string): boolean {
    return this.holders.has(path);
  }

  /** All holders died. */
  crash(): void {
    this.holders.clear();
  }
}
