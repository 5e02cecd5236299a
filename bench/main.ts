import { parseArgs } from 'node:util';
import { benchGuard } from './guard.ts';
import { benchOverhead } from './overhead.ts';
import { benchProber } from './prober.ts';
import { loadNow, writeResults } from './results.ts';
import { benchStartup } from './startup.ts';

/**
 * `npm run bench [-- --rounds N --seconds S --session FOLDER]`: the prober beside its peers, start-up, what a guard
 * costs, and the tool's overhead in a session that was run. Whatever is compared was measured in this one run, in alternating order.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    session: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const before = loadNow();
const metrics = [
  ...(await benchStartup(3 * rounds)),
  ...(await benchGuard(rounds, Number(values.seconds))),
  ...(await benchProber(rounds, Number(values.seconds))),
  ...(await benchOverhead(values.session)),
];
await writeResults('bench', before, metrics);
