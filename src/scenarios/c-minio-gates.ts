import { formatBytes } from '../core/bytes.ts';
import type { GateSpec } from '../core/gate.ts';
import { agreement, data, loud, noBad, rto, states } from '../verdict/gates/index.ts';

/** A change of health shows within 20 ms at the node; the rest is the interval of our looks. */
const SETTLE_MS = 2_000;
const SUSTAIN = 5;
const MIN_READS = 20;

export interface MinioGateOptions {
  readonly nodes: readonly { readonly name: string }[];
  readonly survivors: readonly { readonly name: string }[];
  /** Names of the probes that read known objects. */
  readonly reads: readonly string[];
  /** Those of them that read objects of every size, and the sizes. */
  readonly sized: { readonly reads: readonly string[]; readonly bytes: readonly number[] };
  readonly healDeadlineMs: number;
  readonly writesBackWithinMs: number;
  readonly writeEachWithinMs: number;
}

/** The promises of scenario C over the probes and the ledger that it binds. */
export function minioGates(options: MinioGateOptions): readonly GateSpec[] {
  const { nodes, survivors, reads, sized, healDeadlineMs, writesBackWithinMs, writeEachWithinMs } = options;
  const all = (kind: string) => nodes.map((node) => `${kind}:${node.name}`);
  const left = (kind: string) => survivors.map((node) => `${kind}:${node.name}`);
  const seconds = (ms: number) => `${ms / 1_000}s`;
  const health = (key: string, whileDown: string) =>
    states.spec(
      `${key}-status`,
      whileDown === '200'
        ? `the survivors answer 200 for ${key} throughout`
        : `the survivors answer ${whileDown} for ${key} while two nodes are down, and 200 otherwise`,
      {
        probes: left('health'),
        key,
        expect: [
          { window: 'steady', oneOf: ['200'] },
          { window: 'one-down', oneOf: ['200'] },
          { window: 'all-down', oneOf: [whileDown] },
          { window: 'restored', oneOf: ['200'] },
        ],
        settleMs: SETTLE_MS,
      },
    );
  return [
    noBad.spec('reads', 'every read through every survivor is right during the whole outage', {
      series: reads.map((probe) => ({ probe })),
      window: 'outage',
      minSamples: MIN_READS,
      each: { probes: sized.reads, details: [...new Set(sized.bytes)].map(formatBytes) },
    }),
    data.spec('objects', 'every acknowledged object is intact', { ledger: 'objects', maxLost: 0 }),
    health('live', '200'),
    health('cluster', '503'),
    health('cluster-read', '200'),
    rto.spec('writes-back', `writes are acknowledged again within ${seconds(writesBackWithinMs)} of the restart`, {
      series: { ledger: 'objects' },
      from: 'undo',
      limitMs: writesBackWithinMs,
      sustain: SUSTAIN,
      mustBreak: true,
    }),
    agreement.spec('drives', `every node sees all drives online within ${seconds(healDeadlineMs)} of the restart`, {
      probes: all('drives'),
      key: 'drives',
      to: { oneOf: ['all online'] },
      atLeast: nodes.length,
      from: 'undo',
      limitMs: healDeadlineMs,
    }),
    agreement.spec(
      'write-each',
      `a write through each node is acknowledged within ${seconds(writeEachWithinMs)} of the restart`,
      {
        probes: all('write'),
        key: 'write',
        to: { oneOf: ['ok'] },
        atLeast: nodes.length,
        from: 'undo',
        limitMs: writeEachWithinMs,
      },
    ),
    loud.spec('loud', 'the outage was loud', {}),
  ];
}
