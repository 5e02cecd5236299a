import { readFileSync } from 'node:fs';
import { z } from 'zod';

const endpoint = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) });

const apiConfig = z.strictObject({
  /** What the service calls itself in `x-served-by`, in its log and in its answers. */
  name: z.string().min(1),
  host: z.string().min(1),
  port: z.int().min(0).max(65_535),
  database: z.strictObject({
    hosts: z.array(endpoint).min(1),
    database: z.string().min(1),
    user: z.string().min(1),
    password: z.string().optional(),
  }),
  cache: z.strictObject({
    sentinels: z.array(endpoint).min(1),
    masterName: z.string().min(1),
    password: z.string().optional(),
  }),
  objects: z.strictObject({
    endpoints: z.array(z.url()).min(1),
    accessKey: z.string().min(1),
    secretKey: z.string().min(1),
    bucket: z.string().min(3),
  }),
  messages: z.strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    user: z.string().min(1),
    password: z.string(),
    vhost: z.string().min(1),
    queue: z.string().min(1),
  }),
});

/** What the service is told at its start: where it listens and where its four dependencies are. */
export type ApiConfig = z.infer<typeof apiConfig>;

export type Endpoint = z.infer<typeof endpoint>;

/** Reads the JSON file with the configuration. Throws an error that names the file and what is wrong in it. */
export function readConfig(path: string | undefined): ApiConfig {
  if (path === undefined || path === '') throw new Error('API_CONFIG is not set: give it the path of a JSON file');
  const parsed = apiConfig.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
