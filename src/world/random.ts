import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from './world.ts';

export function createRandom(): Random {
  return { hex: (bytes) => randomBytes(bytes).toString('hex'), below: (limit) => randomInt(limit) };
}
