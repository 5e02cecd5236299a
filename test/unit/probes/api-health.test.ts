import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeApiHealth } from '../../../src/probes/api-health.ts';
import { response } from '../../support/scripted-http.ts';

const body = (status: string, database = 'healthy') =>
  JSON.stringify({
    status,
    servedBy: 'api-1',
    components: { database: { status: database, message: '' }, cache: { status: 'healthy' } },
  });

describe('judgeApiHealth', () => {
  it('is ok when the body says healthy, with a fact for each component and none for who served', () => {
    expect(judgeApiHealth(response(200, body('healthy')))).toEqual({
      outcome: 'ok',
      facts: { status: 'healthy', database: 'healthy', cache: 'healthy' },
    });
  });

  it('is degraded when the body says so, and names the component', () => {
    const reading = judgeApiHealth(response(200, body('degraded', 'unhealthy')));
    expect(reading).toMatchObject({
      outcome: 'degraded',
      detail: 'degraded, database unhealthy',
      facts: { database: 'unhealthy' },
    });
  });

  it('is bad on 503, and still tells the components', () => {
    const reading = judgeApiHealth(response(503, body('unhealthy', 'unhealthy')));
    expect(reading).toMatchObject({
      outcome: 'http5xx',
      detail: 'status 503, database unhealthy',
      facts: { status: 'unhealthy' },
    });
  });

  it('does not believe a 200 that says unhealthy, or that says nothing', () => {
    expect(judgeApiHealth(response(200, body('unhealthy'))).outcome).toBe('protocol');
    expect(judgeApiHealth(response(200, '<html>Welcome</html>')).outcome).toBe('protocol');
    expect(judgeApiHealth(response(200, '')).outcome).toBe('protocol');
    expect(judgeApiHealth(response(200, '[]')).outcome).toBe('protocol');
  });

  it('never throws and never takes garbage for good', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.oneof(fc.string(), fc.json()), (status, text) => {
        expect(judgeApiHealth(response(status, text)).outcome).not.toBe('ok');
      }),
    );
  });
});
