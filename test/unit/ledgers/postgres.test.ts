import { describe, expect, it } from 'vitest';
import { failedWrite } from '../../../src/ledgers/postgres.ts';

describe('failedWrite', () => {
  const withSeverity = (severity: string) => Object.assign(new Error('x'), { severity });

  it('takes an ERROR of the server for a refusal', () => {
    expect(failedWrite(withSeverity('ERROR'), 'pg-1')).toEqual({ outcome: 'rejected', detail: 'pg-1: x' });
  });

  it('does not know after FATAL, PANIC or a lost connection', () => {
    for (const error of [withSeverity('FATAL'), withSeverity('PANIC'), new Error('read ECONNRESET'), 'x']) {
      expect(failedWrite(error, 'pg-1').outcome).toBe('indeterminate');
    }
  });
});
