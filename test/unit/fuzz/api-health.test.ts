import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeApiHealth } from '../../../src/probes/api-health.ts';
import { anyText, isGood } from '../../support/fuzz-probe.ts';
import { anyJson } from '../../support/garbage.ts';
import { response } from '../../support/scripted-http.ts';

describe('the health of the API', { timeout: 60_000 }, () => {
  it('of any text is never good, whatever the status', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          anyJson.map((value) => JSON.stringify(value)),
        ),
        fc.nat(599),
        (body, status) => {
          const { outcome, facts } = judgeApiHealth(response(status, body));
          if (facts?.status !== 'healthy' && facts?.status !== 'degraded') expect(isGood(outcome)).toBe(false);
        },
      ),
      { numRuns: 120 },
    );
  });
});
