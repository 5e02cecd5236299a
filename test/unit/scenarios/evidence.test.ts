import { describe, expect, it } from 'vitest';
import { closedPort } from '../../../src/scenarios/evidence.ts';
import { toFailure } from '../../../src/world/http-failure.ts';
import type { Net } from '../../../src/world/world.ts';

const address = { host: 'pg-1', port: 5_432 };
const coded = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
/** As Node puts it when a name has several addresses: the code is that of the first. */
const several = (...codes: string[]) => Object.assign(new AggregateError(codes.map(coded)), { code: codes[0] });

const knockAt = (error: Error) => {
  const net: Pick<Net, 'knock'> = { knock: () => Promise.reject(toFailure(error, 'pg-1:5432')) };
  return closedPort({ net: net as Net }, address, new AbortController().signal);
};

describe('that nothing listens at an address', () => {
  it.each([
    [coded('ECONNREFUSED'), 'connection to pg-1:5432 refused'],
    [coded('EHOSTUNREACH'), 'pg-1:5432 cannot be reached'],
    [coded('EHOSTDOWN'), 'pg-1:5432 cannot be reached'],
    [several('ECONNREFUSED', 'ECONNREFUSED'), 'connection to pg-1:5432 refused'],
    // The other address is of a family that this machine has not got.
    [several('ENETUNREACH', 'ECONNREFUSED'), 'pg-1:5432 cannot be reached'],
    [several('ECONNREFUSED', 'EADDRNOTAVAIL'), 'connection to pg-1:5432 refused'],
  ])('is proven by %s', async (error, evidence) => {
    expect(await knockAt(error)).toBe(evidence);
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'ENETDOWN', 'ENETUNREACH'])(
    'is not proven by %s, which is a trouble of this machine, and says so',
    async (code) => {
      await expect(knockAt(coded(code))).rejects.toThrow(`${code}: this machine did not get there`);
    },
  );

  it.each([coded('ETIMEDOUT'), coded('EMFILE'), several('ECONNREFUSED', 'ETIMEDOUT'), several('ENETUNREACH')])(
    'is not proven by %s',
    async (error) => {
      await expect(knockAt(error)).rejects.toThrow('pg-1:5432');
    },
  );
});
