/** How many looks lie between two reads of one size, from the smallest upwards: large ones are rare, so that reading stays light. */
const EVERY = [1, 3, 8, 16] as const;
const RAREST = 16;

/**
 * Which size is read next, so that each comes regularly and none is left to chance: the largest one that is due. Those that
 * were not read yet go first, from the smallest upwards: of a large one nothing is lost where the first look comes too early.
 */
export class SizesInTurn {
  private looks = 0;
  private readonly last = new Map<number, number>();

  /** Undefined where there is none. */
  next(sizes: Iterable<number>): number | undefined {
    this.looks += 1;
    const sorted = [...new Set(sizes)].sort((a, b) => a - b);
    const size =
      sorted.find((one) => !this.last.has(one)) ??
      sorted.filter((one, rank) => this.looks - (this.last.get(one) ?? 0) >= (EVERY[rank] ?? RAREST)).at(-1);
    if (size !== undefined) this.last.set(size, this.looks);
    return size;
  }
  /** Each size is read in the next looks, whatever was read before. */
  anew(): void {
    this.last.clear();
  }
}
