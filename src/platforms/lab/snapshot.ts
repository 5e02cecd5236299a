import type { ProcessInfo, World } from '../../world/world.ts';

/** Environment variable that every process of a lab inherits: `<lab id>/<node>`. */
export const MARKER = 'GAMEDAY_LAB';

/** One living process with what tells whose it is. */
export interface Seen {
  readonly info: ProcessInfo;
  readonly marker: string | undefined;
  /** Looked up only where there is no marker. */
  readonly cwd: string | undefined;
}

interface Looks {
  running: Promise<readonly Seen[]>;
  next: Promise<readonly Seen[]> | undefined;
}

const looks = new WeakMap<World, Looks>();

/** The parent of all threads of the kernel. */
const KERNEL = 2;

/**
 * All processes of the machine but our own. Reading them takes a while, so those who ask while one look is running share
 * the one after it: never a look that began before they asked.
 */
export function takeSnapshot(world: World): Promise<readonly Seen[]> {
  const now = looks.get(world);
  if (now === undefined) return begin(world);
  now.next ??= now.running.then(
    () => begin(world),
    () => begin(world),
  );
  return now.next;
}

function begin(world: World): Promise<readonly Seen[]> {
  const running = look(world);
  const mine: Looks = { running, next: undefined };
  looks.set(world, mine);
  const done = (): void => {
    if (looks.get(world) === mine && mine.next === undefined) looks.delete(world);
  };
  running.then(done, done);
  return running;
}

async function look(world: World): Promise<readonly Seen[]> {
  const { processes } = world;
  const all = (await processes.list()).filter(
    ({ pid, parent }) => pid > KERNEL && parent !== KERNEL && pid !== processes.self.pid,
  );
  return Promise.all(
    all.map(async (info) => {
      const marker = await processes.environment(info.pid, MARKER);
      return { info, marker, cwd: marker === undefined ? await processes.cwd(info.pid) : undefined };
    }),
  );
}
