import { timersOver } from '../../src/world/timers.ts';
import type { AppendFile, Files, LockOwner, Locks, World } from '../../src/world/world.ts';
import type { SimMachine } from './sim-machine.ts';
import type { SimPipe } from './sim-pipe.ts';
import type { Point, SimProcess } from './sim-process.ts';
import { SimRandom } from './sim-random.ts';
import { SimTty, simExec, simHttp, simNet, simProcesses } from './sim-surroundings.ts';

/** The World of one process of a simulated machine. Nothing of it works any more when the process is dead. */
export function processWorld(machine: SimMachine, process: SimProcess, pipe: SimPipe | undefined): World {
  const after = (ms: number, callback: () => void): (() => void) => {
    if (!process.isAlive()) return () => undefined;
    let wanted = true;
    const cancel = machine.clock.after(ms, () => process.timer(() => wanted && callback()));
    return () => {
      wanted = false;
      cancel();
    };
  };
  return {
    clock: {
      now: () => machine.now(),
      wall: () => machine.clock.wall(),
      boot: () => machine.sinceBoot(),
      ...timersOver(after),
    },
    random: new SimRandom(machine.random.below(2 ** 31)),
    exec: simExec(),
    processes: {
      ...simProcesses(),
      self: process.ref,
      info: (pid) => process.call(undefined, async () => machine.info(pid)),
      alive: (ref) => process.call(undefined, async () => machine.isAlive(ref)),
      kill: (pid, signal) =>
        act(process, () => {
          machine.onSignal(process, pid, signal);
          machine.kill(pid, signal);
        }),
      killGroup: (group, signal) => act(process, () => machine.kill(group, signal)),
    },
    locks: {
      acquire: (path, owner) =>
        process.call({ op: 'lock', what: 'take' }, () => acquire(machine, process, path, owner)),
    },
    http: simHttp(),
    net: simNet(),
    fs: files(machine, process),
    signals: process.signals,
    tty: new SimTty(),
    env: machine.env,
    guards: {
      start: (args) =>
        process.call({ op: 'guard', what: 'start' }, async () => {
          const { pipe: line, guard } = await machine.startGuard(process, args);
          return line.link(guard);
        }),
      leash: () => {
        if (pipe === undefined) throw new Error('this process was not started as a guard');
        return pipe.leash();
      },
    },
  };
}

/** What takes no answer is done at once, or not at all any more. */
function act(process: SimProcess, work: () => void): void {
  if (process.isAlive()) work();
}

async function acquire(
  machine: SimMachine,
  process: SimProcess,
  path: string,
  owner: LockOwner,
): ReturnType<Locks['acquire']> {
  const other = machine.locks.get(path);
  if (other !== undefined) return { owner: other.owner };
  const hold = { process, owner };
  machine.locks.set(path, hold);
  const release = (): Promise<void> =>
    process.call({ op: 'lock', what: 'release' }, async () => {
      if (machine.locks.get(path) === hold) machine.locks.delete(path);
    });
  return { held: { release } };
}

function files(machine: SimMachine, process: SimProcess): Files {
  const { disk } = machine;
  const call = <T>(work: () => Promise<T>): Promise<T> => process.call(undefined, work);
  return {
    readText: (path) => call(() => disk.readText(path)),
    readBytes: (path) => call(() => disk.readBytes(path)),
    readFrom: (path, offset, maxBytes) => call(() => disk.readFrom(path, offset, maxBytes)),
    size: (path) => call(() => disk.size(path)),
    write: (path, content, mode) => call(() => disk.write(path, content, mode)),
    openAppend: (path, mode) => call(async () => appendFile(machine, process, await disk.openAppend(path, mode))),
    makeFolder: (path, mode) => call(() => disk.makeFolder(path, mode)),
    list: (path) => call(() => disk.list(path)),
    exists: (path) => call(() => disk.exists(path)),
    entry: (path) => call(() => disk.entry(path)),
    remove: (path) => call(() => disk.remove(path)),
    realPath: (path) => call(() => disk.realPath(path)),
    chown: (path, uid, gid) => call(() => disk.chown(path, uid, gid)),
    chmod: (path, mode) => call(() => disk.chmod(path, mode)),
    freeBytes: (path) => call(() => disk.freeBytes(path)),
  };
}

function appendFile(machine: SimMachine, process: SimProcess, file: AppendFile): AppendFile {
  let last: Point = { op: 'append', what: 'nothing' };
  const wait = async (operation: 'append' | 'sync'): Promise<void> => {
    const ms = machine.diskMs(operation);
    if (ms > 0) await machine.clock.sleep(ms);
    // Nothing of what a dead process had waited for reaches the disk.
    if (!process.isAlive()) await new Promise<never>(() => undefined);
  };
  return {
    write: (bytes) => {
      const point: Point = { op: 'append', what: typeOf(bytes) };
      last = point;
      return process.call(point, async () => {
        await wait('append');
        const kept = machine.tear(process, point, bytes.byteLength);
        await file.write(kept === undefined ? bytes : bytes.subarray(0, kept));
        if (kept !== undefined) machine.onPoint(process, point, 'torn');
      });
    },
    sync: () =>
      process.call({ op: 'sync', what: last.what }, async () => {
        await wait('sync');
        await file.sync();
      }),
    close: () => process.call(undefined, () => file.close()),
  };
}

/** The type stands near the start of a journal line; anything else that is appended has none. */
function typeOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 240)).toString('latin1');
  return /^\{"v":.*?"type":"([a-z.-]+)"/.exec(start)?.[1] ?? 'text';
}
