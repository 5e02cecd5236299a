import type {
  Env,
  Exec,
  Guards,
  Http,
  Net,
  Processes,
  SignalName,
  Signals,
  Stream,
  Tty,
} from '../../src/world/world.ts';
import { OPERATOR } from './sim-disk.ts';

/** Signals that a test raises. */
export class SimSignals implements Signals {
  private readonly listeners = new Map<SignalName, Set<() => void>>();

  on(name: SignalName, listener: () => void): () => void {
    const call = (): void => listener();
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(call));
    return () => {
      set.delete(call);
    };
  }

  /** False when nobody listens: a real process would now be dead. */
  raise(name: SignalName): boolean {
    const set = [...(this.listeners.get(name) ?? [])];
    for (const listener of set) listener();
    return set.length > 0;
  }

  crash(): void {
    this.listeners.clear();
  }
}

/** Remembers what was written. */
export class SimStream implements Stream {
  isTTY = false;
  columns = 80;
  text = '';
  broken = false;

  write(text: string): void {
    if (!this.broken) this.text += text;
  }

  /** The terminal is closed, or the reader of the pipe has left. */
  break(): void {
    this.broken = true;
  }
}

export class SimTty implements Tty {
  readonly out = new SimStream();
  readonly err = new SimStream();
  inputIsTTY = false;
}

export class SimEnv implements Env {
  variables: Record<string, string> = {};
  cwd = '/srv';
  home = '/home/operator';
  hostname = 'sim-host';
  uid = OPERATOR.uid;
  bootId = '00000000-0000-4000-8000-000000000001';

  get(name: string): string | undefined {
    return this.variables[name];
  }
}

/** A function that a test has to write first. */
function notScripted(name: string): () => Promise<never> {
  return () => Promise.reject(new Error(`${name}: not scripted`));
}

function notScriptedNow(name: string): () => never {
  return () => {
    throw new Error(`${name}: not scripted`);
  };
}

/** Assign to a method to script it: `world.exec.run = async (file, args) => …`. The same holds for the next three. */
export function simExec(): Exec {
  return {
    load: async () => undefined,
    run: notScripted('exec.run'),
    follow: notScriptedNow('exec.follow'),
    find: notScripted('exec.find'),
  };
}

export function simProcesses(): Processes {
  return {
    self: { pid: 4_242, startTime: '1000' },
    startDetached: notScripted('processes.startDetached'),
    info: notScripted('processes.info'),
    alive: notScripted('processes.alive'),
    list: notScripted('processes.list'),
    cwd: notScripted('processes.cwd'),
    environment: notScripted('processes.environment'),
    kill: notScriptedNow('processes.kill'),
    killGroup: notScriptedNow('processes.killGroup'),
  };
}

export function simGuards(): Guards {
  return { start: notScripted('guards.start'), leash: notScriptedNow('guards.leash') };
}

export function simHttp(): Http {
  return { request: notScripted('http.request') };
}

export function simNet(): Net {
  return {
    exchange: notScripted('net.exchange'),
    knock: notScripted('net.knock'),
    freePorts: notScripted('net.freePorts'),
  };
}
