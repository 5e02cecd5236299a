import { expect, it } from 'vitest';
import { type Expectation, judgeExpectation } from '../../../src/probes/expectation.ts';

const PAGE = '<html><body>503 Service Unavailable</body></html>';

it.each<[string, number, string, Expectation, string, string | undefined]>([
  ['any 2xx', 204, '', {}, 'ok', undefined],
  ['a status of its own', 503, '', { status: [503] }, 'ok', undefined],
  ['not a 2xx that is not listed', 204, '', { status: [200] }, 'protocol', 'status 204, not 200'],
  ['not a 5xx', 503, PAGE, { text: 'ok' }, 'http5xx', 'status 503'],
  ['not a 4xx', 404, '', { status: [200] }, 'http4xx', 'status 404'],
  ['a text', 200, 'all ok', { text: 'ok' }, 'ok', undefined],
  ['not another text', 200, PAGE, { text: 'ok' }, 'protocol', 'status 200, yet the expected text is missing'],
  ['JSON', 200, '{"status":"up","db":{"lag":0}}', { json: { status: 'up', 'db.lag': 0 } }, 'ok', undefined],
  ['not other JSON', 200, '{"db":{"lag":7}}', { json: { 'db.lag': 0 } }, 'protocol', 'status 200, yet db.lag is 7'],
  ['not JSON that lacks it', 200, '{}', { json: { 'db.lag': 0 } }, 'protocol', 'status 200, yet db.lag is missing'],
  ['not an HTML page with status 200', 200, PAGE, { json: {} }, 'protocol', 'status 200, yet the body is no JSON'],
])('takes %s', (_, status, body, expected, outcome, detail) => {
  const response = { status, headers: {}, body: Buffer.from(body), text: () => body };
  expect(judgeExpectation(response, expected)).toEqual(detail === undefined ? { outcome } : { outcome, detail });
});
