import { describe, expect, test } from 'vitest';
import { sessionGates } from '../../../src/cli/session-started.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { judgeContent, noticedBy } from '../../../src/selftest/notice.ts';
import { onPaperSabotages } from '../../../src/selftest/on-paper.ts';
import { injured } from '../../../src/selftest/selftest.ts';
import { drill, OWN_GATES } from '../../support/journal-builder.ts';

/** A drill of A that went well, with the gates that a changed journal can turn. */
const bytes = new TextEncoder().encode(
  `${drill({
    gates: OWN_GATES,
    // Somebody listens to a log, or its silence would say nothing.
    plan: { logs: [{ name: 'the API misses its database', nodes: ['api-1'], pattern: 'error', withinMs: 10_000 }] },
    session: { sessionGates: sessionGates(30_000) },
  }).lines.join('\n')}\n`,
);
const good = { bytes, content: readJournal(bytes) };

test('the journal passes as it is', () => {
  expect(good.content.problems).toEqual([]);
  expect(judgeContent(good.content)).toMatchObject({ verdict: 'PASS' });
});

describe.each(onPaperSabotages.filter((one) => one.scenario === 'A').map((one) => [one.id, one] as const))(
  '%s',
  (_, one) => {
    test(`is noticed: ${one.title}`, () => {
      const rows = noticedBy(one, injured(one, good));
      expect(rows.filter((row) => !row.noticed)).toEqual([]);
      expect(rows.length).toBeGreaterThan(0);
    });
  },
);

test('each of them is there for every drill', () => {
  const kinds = (scenario: string) =>
    onPaperSabotages.filter((one) => one.scenario === scenario).map((one) => one.id.slice(2));
  for (const scenario of ['B', 'C', 'D', 'E']) expect(kinds(scenario)).toEqual(kinds('A'));
  expect(kinds('A').length).toBeGreaterThan(12);
});
