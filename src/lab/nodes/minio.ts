import { join } from 'node:path';
import { type Blueprint, LOOPBACK, type StackPlan } from '../blueprint.ts';
import { layout, plainPlaceOf } from '../layout.ts';

const MEMBERS = [1, 2, 3, 4] as const;

/** Four nodes with a drive each and two shards of parity: reads need two of them, writes three. */
export function planMinio(blueprint: Blueprint): StackPlan {
  const program = blueprint.tools.minio;
  if (program === undefined) return { nodes: [], folders: [], files: [] };
  const drive = (member: (typeof MEMBERS)[number]): string =>
    join(plainPlaceOf(blueprint, `minio-${member}`).folder, 'drive');
  const endpoints = MEMBERS.map((member) => `http://${LOOPBACK}:${blueprint.ports[`minio-${member}`]}${drive(member)}`);
  // One file for all: the nodes refuse each other when their MINIO_ variables differ.
  const rootFile = join(layout.secrets(blueprint.folder), 'minio.env');
  const nodes = MEMBERS.map((member) => {
    const name = `minio-${member}` as const;
    const place = plainPlaceOf(blueprint, name);
    const port = blueprint.ports[name];
    return {
      name,
      stack: 'minio',
      ...place,
      ports: { http: port },
      processes: [
        {
          name: 'minio',
          file: program.server,
          args: ['server', '--quiet', '--address', `${LOOPBACK}:${port}`, ...endpoints],
          cwd: place.folder,
          env: {
            HOME: place.folder,
            MINIO_CONFIG_ENV_FILE: rootFile,
            MINIO_STORAGE_CLASS_STANDARD: 'EC:2',
            MINIO_BROWSER: 'off',
            // The garbage of 10 MiB objects is collected sooner: four nodes share one machine. (A memory limit,
            // MINIO_MEMLIMIT, makes it collect without end: 96 and 160 MiB were tried.)
            GOGC: '40',
            // Else it looks a host of its makers up.
            MINIO_UPDATE: 'off',
            MINIO_PROMETHEUS_AUTH_TYPE: 'public',
            // Else a drive on the root file system is refused.
            MINIO_CI_CD: '1',
            // Else loopback endpoints are refused inside any Docker container.
            _MINIO_SERVER_LOCAL: `${LOOPBACK}:${port}`,
          },
        },
      ],
      prepare: [],
      // It says 200 before it serves, and means it only when this header is not `offline`.
      ready: [
        {
          kind: 'http' as const,
          url: `http://${LOOPBACK}:${port}/minio/health/live`,
          header: { name: 'x-minio-server-status', not: 'offline' },
        },
      ],
    };
  });
  const { secrets } = blueprint;
  return {
    nodes,
    folders: nodes.flatMap(({ folder }) => [{ path: folder }, { path: join(folder, 'drive') }]),
    files: [
      {
        path: rootFile,
        content: `MINIO_ROOT_USER=${secrets['minio-access']}\nMINIO_ROOT_PASSWORD=${secrets['minio-secret']}\n`,
      },
    ],
  };
}
