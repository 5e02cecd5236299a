import { describe, expect, it } from 'vitest';
import { readingOfS3, S3Error, s3Client, sha256 } from '../../../src/probes/s3-client.ts';
import { HttpFailure } from '../../../src/world/world.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';

const limits = { timeoutMs: 1_000 };
const node = 'http://127.0.0.1:9000';

const listing = (inside: string) =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3">${inside}</ListBucketResult>\n`;

function clientThatHears(...answers: readonly Said[]) {
  const queue = [...answers];
  const http = scriptedHttp(() => queue.shift() ?? { status: 500 });
  return { http, client: s3Client({ http }, { accessKey: 'key', secretKey: 'very-secret' }) };
}

describe('s3Client', () => {
  it('signs, and sends the hash of the body with it', async () => {
    const { client, http } = clientThatHears({ status: 200, headers: { etag: '"1"' } });
    await client.put(node, 'bucket', 'a/b', Buffer.from('text'), limits);
    const [request] = http.asked;
    expect(request).toMatchObject({ method: 'PUT', url: `${node}/bucket/a/b`, timeoutMs: 1_000 });
    expect(request?.headers?.['x-amz-content-sha256']).toBe(sha256('text'));
    expect(request?.headers?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/us-east-1\/s3\/aws4_request, /,
    );
    expect(JSON.stringify(request?.headers)).not.toContain('very-secret');
  });

  it("rejects with the store's own word for a refusal", async () => {
    const { client } = clientThatHears({ status: 503, body: '<Error><Code>SlowDownWrite</Code></Error>' });
    const error = await client.put(node, 'b', 'k', Buffer.from(''), limits).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(S3Error);
    expect(error).toMatchObject({ status: 503, code: 'SlowDownWrite', message: 'PUT /b/k: 503 SlowDownWrite' });
    expect(readingOfS3(error)).toEqual({ outcome: 'http5xx', detail: 'PUT /b/k: 503 SlowDownWrite' });
    expect(readingOfS3(new HttpFailure('refused', 'no'))).toEqual({ outcome: 'refused', detail: 'no' });
  });

  it('pages through a listing, entities and all', async () => {
    const { client, http } = clientThatHears(
      { body: listing('<Contents><Key>a&amp;b</Key></Contents><NextContinuationToken>t/1=</NextContinuationToken>') },
      { body: listing('<Contents><Key>c</Key></Contents>') },
    );
    expect(await client.list(node, 'b', limits)).toEqual(['a&b', 'c']);
    expect(http.asked[1]?.url).toContain('continuation-token=t%2F1%3D');
  });

  it.each(['', '<html>welcome</html>', listing('<Key>a</Key>').slice(0, -5), '{}'])(
    'does not take %j for an empty bucket or an empty store',
    async (body) => {
      const { client } = clientThatHears({ body }, { body });
      await expect(client.list(node, 'b', limits)).rejects.toThrow('no ListBucketResult');
      await expect(client.buckets(node, limits)).rejects.toThrow('no ListAllMyBucketsResult');
    },
  );

  it('does not page in a circle', async () => {
    const body = listing('<Contents><Key>c</Key></Contents><NextContinuationToken>t</NextContinuationToken>');
    const { client, http } = clientThatHears({ body }, { body }, { body });
    await expect(client.list(node, 'b', limits)).rejects.toThrow('does not go on');
    expect(http.asked).toHaveLength(2);
  });

  it('does not mind removing what is gone', async () => {
    const { client } = clientThatHears({ status: 404 }, { status: 404 });
    await client.remove(node, 'b', 'k', limits);
    await client.removeBucket(node, 'b', limits);
  });
});
