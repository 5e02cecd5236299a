import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drivesOnline, healReport, minioHeal, minioInfo } from '../../../src/probes/minio-admin.ts';
import { minioDrivesProbe } from '../../../src/probes/s3.ts';
import { S3Error, s3Client } from '../../../src/probes/s3-client.ts';
import { anyText, expectError, limits, look, times } from '../../support/fuzz-probe.ts';
import { anyJson, damaged } from '../../support/garbage.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

describe('an S3 store', { timeout: 60_000 }, () => {
  const INFO = {
    backend: { standardSCParity: 2, totalDrivesPerSet: [4] },
    servers: [1, 2, 3, 4].map((n) => ({
      endpoint: `n${n}`,
      state: 'online',
      drives: [{ state: 'ok', healing: false }],
    })),
  };
  const client = (...bodies: readonly string[]) => {
    let at = 0;
    const http = scriptedHttp(() => ({ body: bodies[Math.min(at++, bodies.length - 1)] ?? '' }));
    return s3Client({ http }, { accessKey: 'k', secretKey: 's' });
  };
  const drives = (body: string) =>
    minioDrivesProbe({ name: 'drives', node: 'http://n', client: client(body), ...times });
  const factOf = async (body: string) => {
    const { outcome, facts } = await look(drives(body));
    return { outcome, fact: facts?.drives };
  };
  const text = (value: unknown) => JSON.stringify(value) ?? '';

  it('is read where it is right', async () => {
    expect(await factOf(text(INFO))).toEqual({ outcome: 'ok', fact: 'all online' });
  });

  it('whose answer is any text or value is never "all online"', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, anyJson.map(text)), async (body) => {
        expect(await factOf(body)).toMatchObject({ outcome: 'protocol' });
      }),
      { numRuns: 100 },
    );
  });

  it('whose answer was damaged is "all online" only where every server and drive says so', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(INFO), async (value) => {
        const { fact } = await factOf(text(value));
        if (fact !== 'all online') return;
        for (const server of (value as typeof INFO).servers)
          expect(server).toMatchObject({ state: 'online', drives: server.drives.map(() => ({ state: 'ok' })) });
      }),
      { numRuns: 120 },
    );
    const lacking = { ...INFO, servers: [...INFO.servers.slice(1), { endpoint: 'n1', state: 'offline' }] };
    expect(await factOf(text(lacking))).toEqual({ outcome: 'ok', fact: '3 of 4' });
    expect(drivesOnline(await minioInfo(client(text(lacking)), 'http://n', limits))).toEqual({ online: 3, total: 4 });
  });

  it('whose listings are any text has none', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (body) => {
        await expect(client(body).list('http://n', 'b', limits)).rejects.toThrow(Error);
        await expect(client(body).buckets('http://n', limits)).rejects.toThrow(Error);
      }),
      { numRuns: 60 },
    );
  });

  it('whose refusal is any text is a refusal with its status', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.constantFrom(301, 400, 403, 404, 429, 500, 503), async (body, status) => {
        const refusing = s3Client(
          { http: scriptedHttp(() => ({ status, body: `<Error><Code>${body}</Code></Error>` })) },
          { accessKey: 'k', secretKey: 's' },
        );
        const error = await refusing.get('http://n', 'b', 'k', limits).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(S3Error);
        expect(error).toMatchObject({ status });
      }),
      { numRuns: 60 },
    );
  });

  it('calls no object whole of which a drive cannot be understood', async () => {
    const item = { type: 'object', object: 'k', before: { drives: [{ state: 'ok' }, { state: 'ok' }] } };
    expect(healReport([item])).toEqual({ objects: 1, unseen: [], unhealed: [] });
    fc.assert(
      fc.property(damaged(item.before), (before) => {
        const { unseen, unhealed } = healReport([{ ...item, before: before as typeof item.before }]);
        if (unseen.length + unhealed.length > 0) return;
        const { drives: left } = before as typeof item.before;
        expect(left.length).toBeGreaterThan(0);
        for (const drive of left) expect(drive).toMatchObject({ state: 'ok' });
      }),
      { numRuns: 100 },
    );
  });

  it('whose heal answers anything else ends with an Error', async () => {
    const started = text({ clientToken: 't' });
    const heal = (body: string) =>
      minioHeal(client(started, body), 'http://n', 'b', { ...limits, dryRun: true, sleep: async () => undefined });
    expect(await heal(text({ Summary: 'finished', Items: null }))).toEqual({ objects: 0, unseen: [], unhealed: [] });
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, anyJson.map(text)), async (body) => {
        await heal(body).then(() => expect.unreachable(), expectError);
      }),
      { numRuns: 60 },
    );
    await heal(text({ Summary: 'finished', Items: [null] })).then(() => expect.unreachable(), expectError);
  });
});
