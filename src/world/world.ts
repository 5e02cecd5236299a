/**
 * The only door to the outside. Everything that reads a clock, a file, a socket, a process or the environment goes
 * through a World that is handed in; tests hand in a simulated one (see test/simulation).
 */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly exec: Exec;
  readonly processes: Processes;
  readonly locks: Locks;
  readonly guards: Guards;
  readonly http: Http;
  readonly net: Net;
  readonly fs: Files;
  readonly signals: Signals;
  readonly tty: Tty;
  readonly env: Env;
}

export interface Clock {
  /** CLOCK_MONOTONIC in ms with microseconds; never goes back, does not know about time zones or NTP steps. */
  now(): number;
  /** Wall time in ms since the epoch. For people only. */
  wall(): number;
  /** CLOCK_BOOTTIME in ms: as `now`, but it goes on while the machine sleeps. Exact to 10 ms, and counted from elsewhere. */
  boot(): number;
  /** Resolves after `ms`, or at once (without an error) when the signal aborts: look at `signal.aborted`. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts after `ms` or when the parent does. Call `cancel` when done, or the timer keeps the process alive. */
  deadline(ms: number, parent?: AbortSignal): Deadline;
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time itself has run out (not when only the parent aborted). */
  expired(): boolean;
  cancel(): void;
}

export interface Random {
  /** Lower-case hex of `bytes` random bytes. */
  hex(bytes: number): string;
  /** 0 <= value < limit. */
  below(limit: number): number;
}

export interface ExecOptions {
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited but PATH and HOME unless given here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onSpawn?: (child: ProcessRef) => void;
}

export interface ExecResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Ended by us because the time limit or the signal came first, with all that it has started, in whatever session. */
  readonly timedOut: boolean;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
}

/** Some bytes that a followed program has written; they may end within a line. */
export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** Commands of others. Arguments are an array and never pass a shell. */
export interface Exec {
  /** Loads what `run` needs, so that an upgrade of the program in the middle of a drill cannot break its undo. */
  load(): Promise<void>;
  /** Rejects only when the program cannot be started; a non-zero exit is a result. */
  run(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>;
  /**
   * What a program writes that is meant to run until the signal aborts; it and its children are killed then, or when
   * nobody iterates any more. Rejects when it ends by itself or cannot be started. Its environment is PATH, HOME and LANG.
   */
  follow(file: string, args: readonly string[], options: FollowOptions): AsyncIterable<Output>;
  /** Full path of a program on PATH (or in `extraFolders`), or undefined. */
  find(program: string, extraFolders?: readonly string[]): Promise<string | undefined>;
}

export interface ProcessRef {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with the pid it names one process and never a recycled pid. */
  readonly startTime: string;
}

export interface ProcessInfo extends ProcessRef {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** One letter as in /proc/PID/stat; Z is a zombie and counts as dead. */
  readonly state: string;
  readonly name: string;
}

export interface DetachedOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended to this file. */
  readonly logFile: string;
}

export interface Processes {
  /** Our own pid and start time. */
  readonly self: ProcessRef;
  /** Starts a long-lived process in its own session and process group; it outlives us. */
  startDetached(file: string, args: readonly string[], options: DetachedOptions): Promise<ProcessRef>;
  /** Undefined when there is no such process or it is a zombie. */
  info(pid: number): Promise<ProcessInfo | undefined>;
  /** True while exactly this process (pid and start time) lives and is no zombie. */
  alive(ref: ProcessRef): Promise<boolean>;
  list(): Promise<readonly ProcessInfo[]>;
  /** Working directory and the environment variable's value of a process, where we may read them. */
  cwd(pid: number): Promise<string | undefined>;
  environment(pid: number, name: string): Promise<string | undefined>;
  /** Sends a signal to one process. A process that is gone is no error. A pid of 1 or less is refused with an exception. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP' | 'SIGINT'): void;
  /** Sends a signal to a process group, with the same refusals. */
  killGroup(group: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

/** Who holds a lock, for the message to the one who does not get it. */
export interface LockOwner {
  readonly pid: number;
  readonly startTime: string;
  readonly host: string;
  readonly session: string;
  readonly since: string;
}

export interface HeldLock {
  release(): Promise<void>;
}

export type LockHolder = Pick<ProcessInfo, 'pid' | 'name'>;

/** A lock that somebody else holds. */
export interface BusyLock {
  /** The note that its owner wrote; undefined while a new one has not written it yet. */
  readonly owner: LockOwner | undefined;
  /**
   * Looks for the processes of this machine that hold the lock's open file, as the kernel says: the owner, or a process
   * that inherited it. Empty where none can be seen (another user's, another machine's). Absent where nobody can look.
   */
  readonly holders?: () => Promise<readonly LockHolder[]>;
}

export interface Locks {
  /**
   * Takes a kernel lock (flock) on the file without waiting. The lock dies with this process and is not inherited by
   * its children. Answers with the owner's note when another process holds it; a note under a free lock is old and is
   * written over. Rejects with a GamedayError where the file or its file system cannot be locked.
   */
  acquire(path: string, owner: LockOwner): Promise<{ readonly held: HeldLock } | BusyLock>;
}

/** The tool's end of the line to its guard. */
export interface GuardLink {
  readonly ref: ProcessRef;
  /** Renews the lease. Never throws: a guard that is gone says so in `ended`. */
  renew(): void;
  /** Calls the listener for each renewal that the guard has answered: one that stands still does not. */
  onAnswer(listener: () => void): void;
  /** The tool has closed its journal: the guard ends without looking. */
  dismiss(): void;
  /** Resolves when the guard's process has ended, with why, for a person. */
  readonly ended: Promise<string>;
}

/** The guard's end of that line. */
export interface Leash {
  /** Calls the listener at each renewal, in order. */
  onRenew(listener: () => void): void;
  /** `gone`: the line was closed and nobody dismissed us, so the tool has died. */
  readonly ended: Promise<'dismissed' | 'gone'>;
}

export interface Guards {
  /**
   * Starts this very program again with these arguments, in a session of its own, so that neither a closed terminal nor
   * the end of the tool's process group takes it along. Of our environment it is given what finds programs and files, and
   * the variables named here. Rejects when it does not say that it is ready within 10 s.
   */
  start(args: readonly string[], variables?: readonly string[]): Promise<GuardLink>;
  /** In the guard: says that it is ready, and listens. */
  leash(): Leash;
}

export type HttpFailureKind = 'refused' | 'reset' | 'unreachable' | 'timeout' | 'protocol' | 'shortage';

/** Why there was no answer at all. An HTTP status of any value is an answer and no failure. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  /**
   * True where the host itself refused, or the network says that no such host is up. False where we did not get so far:
   * a name that does not resolve, no route, no port of our own left.
   */
  readonly nobodyThere: boolean;

  constructor(kind: HttpFailureKind, message: string, nobodyThere = kind === 'refused') {
    super(message);
    this.name = 'HttpFailure';
    this.kind = kind;
    this.nobodyThere = nobodyThere;
  }
}

/** A request ends after `timeoutMs` or when the signal aborts; without the one it needs the other. */
export type HttpRequest = HttpAsk &
  (
    | { readonly timeoutMs: number; readonly signal?: AbortSignal }
    | { readonly timeoutMs?: undefined; readonly signal: AbortSignal }
  );

interface HttpAsk {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Largest answer that is read, in bytes (default 16 MiB); a longer one is a protocol failure. */
  readonly maxBytes?: number;
  /**
   * `fresh` (the default): a connection of its own, which is what a new user meets. `kept`: an idle one of an earlier
   * request where there is one, as within a browser or a pool; how many there are has no limit, so that no request waits
   * for another.
   */
  readonly connection?: 'fresh' | 'kept';
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; several values are joined with ', '. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  text(): string;
}

export interface Http {
  /** One request; no redirects, no proxy, no second attempt. Rejects with HttpFailure. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Net {
  /** Sends text and reads until the other side closes (a stats socket). Rejects with HttpFailure, which names the kind. */
  exchange(
    to: Endpoint | { readonly socket: string },
    text: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string>;
  /** Opens and closes a TCP connection; rejects with HttpFailure. */
  knock(to: Endpoint, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Ports free on 127.0.0.1 at this moment, all different. */
  freePorts(count: number): Promise<readonly number[]>;
}

export interface AppendFile {
  /** Hands the bytes to the kernel. Rejects on ENOSPC, EIO and short writes. */
  write(bytes: Uint8Array): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileEntry {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Its owner. */
  readonly uid: number;
}

export interface Files {
  /** Undefined when there is no such file. Other errors reject. */
  readText(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Uint8Array | undefined>;
  /** Bytes from `offset` to the end, at most `maxBytes`. Undefined when there is no such file. */
  readFrom(path: string, offset: number, maxBytes: number): Promise<Uint8Array | undefined>;
  size(path: string): Promise<number | undefined>;
  /** Writes beside the target and renames, so that a reader sees the old or the new content. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  openAppend(path: string, mode?: number): Promise<AppendFile>;
  makeFolder(path: string, mode?: number): Promise<void>;
  /** Names in a folder, sorted; undefined when there is no such folder. */
  list(path: string): Promise<readonly string[] | undefined>;
  exists(path: string): Promise<boolean>;
  /** What stands under this very path, links not followed, and whose it is; undefined when there is nothing. */
  entry(path: string): Promise<FileEntry | undefined>;
  /** Removes a file or a whole folder; nothing there is no error. */
  remove(path: string): Promise<void>;
  realPath(path: string): Promise<string>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Free bytes for an unprivileged user on the file system that holds `path`. */
  freeBytes(path: string): Promise<number>;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface Signals {
  /** Returns the function that stops listening. */
  on(name: SignalName, listener: () => void): () => void;
}

export interface Stream {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Never throws and never rejects: a closed terminal (EPIPE) is remembered in `broken`. */
  write(text: string): void;
  readonly broken: boolean;
}

export interface Tty {
  readonly out: Stream;
  readonly err: Stream;
  readonly inputIsTTY: boolean;
}

export interface Env {
  get(name: string): string | undefined;
  readonly cwd: string;
  readonly home: string;
  readonly hostname: string;
  readonly uid: number;
  /** Changes with every boot of the machine. */
  readonly bootId: string;
}
