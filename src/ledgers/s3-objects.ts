import { createHash } from 'node:crypto';

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** Sizes of the objects that are read throughout, each in its turn; the large ones are few, so that writing them stays light. */
export const SEED_SIZES = [KIB, KIB, KIB, KIB, 100 * KIB, 100 * KIB, 100 * KIB, MIB, MIB, 10 * MIB] as const;

export function keyOf(id: number): string {
  return `w/${id}`;
}

/** Mostly 1 KiB, every fourth 100 KiB, every fortieth 1 MiB. */
export function sizeOf(id: number): number {
  if (id % 40 === 0) return MIB;
  return id % 4 === 0 ? 100 * KIB : KIB;
}

/** Bytes that depend on the whole name, so that no two objects are alike and each can be made again for the audit. */
export function bodyOf(name: string, bytes: number): Uint8Array {
  return Buffer.alloc(bytes, createHash('sha512').update(name).digest());
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
