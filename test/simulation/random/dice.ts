import { SimRandom } from '../../support/sim-random.ts';

/** Draws what a session is made of. */
export class Dice {
  private readonly random: SimRandom;

  constructor(seed: number) {
    this.random = new SimRandom(seed);
  }

  between(least: number, most: number): number {
    return least + this.random.below(most - least + 1);
  }

  percent(chance: number): boolean {
    return this.random.below(100) < chance;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.random.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.random.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error('no weights');
  }
}
