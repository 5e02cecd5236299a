/** How many looks lie between two reads of one size, from the smallest upwards: large ones are rare, so that reading stays light. */
const EVERY = [1, 3, 8, 16] as const;
const RAREST = 16;

/** Which size is read next, so that each comes regularly and none is left to chance: the largest one that is due. */
export class SizesInTurn {
  private looks = 0;
  private readonly last = new Map<number, number>();

  /** Undefined where there is none. */
  next(sizes: Iterable<number>): number | undefined {
    this.looks += 1;
    const size = [...new Set(sizes)]
      .sort((a, b) => a - b)
      .filter((one, rank) => this.looks - (this.last.get(one) ?? -Infinity) >= (EVERY[rank] ?? RAREST))
      .at(-1);
    if (size !== undefined) this.last.set(size, this.looks);
    return size;
  }
}
