import { messageOf } from '../core/errors.ts';
import { LogDeaf, type LogLine, type LogSource, type Platform } from '../core/platform.ts';
import type { Output, World } from '../world/world.ts';
import { followLog } from './lab/follow-log.ts';
import { leadingTime } from './leading-time.ts';
import { StreamLines } from './stream-lines.ts';

/** Longest time for the question whether journald knows a unit: a large journal on a slow disk takes its time. */
const KNOWN_WITHIN_MS = 60_000;

/** The platform, with the logs of some nodes read where the configuration says that they are. */
export function withLogSources(
  world: World,
  platform: Platform,
  sources: Readonly<Record<string, LogSource>>,
): Platform {
  const byNode = new Map(Object.entries(sources));
  if (byNode.size === 0) return platform;
  return {
    ...platform,
    logs(node, signal) {
      const source = byNode.get(node.name);
      if (source !== undefined) return named(linesOf(world, source, signal), node.name);
      if (platform.logs !== undefined) return platform.logs(node, signal);
      throw new Error(`platform ${platform.id} cannot read logs: say where this one is under logs.nodes.${node.name}`);
    },
  };
}

/** Whoever reads what went wrong is told where to mend it. */
async function* named(lines: AsyncIterable<LogLine>, node: string): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    const Kind = error instanceof LogDeaf ? LogDeaf : Error;
    throw new Kind(`${messageOf(error)}; see logs.nodes.${node}`);
  }
}

function linesOf(world: World, source: LogSource, signal: AbortSignal): AsyncIterable<LogLine> {
  if ('file' in source) return ofFile(world, source.file, signal);
  return 'journald' in source ? ofUnit(world, source.journald, signal) : ofContainer(world, source.docker, signal);
}

async function* ofFile(world: World, path: string, signal: AbortSignal): AsyncGenerator<LogLine> {
  // A path with a mistake in it would be silent for ever.
  if (!(await world.fs.exists(path))) throw new Error(`there is no file ${path}`);
  for await (const { text } of followLog(world, path, signal)) yield timed(text, leadingTime(text)?.wallMs);
}

/**
 * Lines from the next whole second on, however long journalctl needs to open a large journal: it reads what was written
 * meanwhile too. journald has our own clock.
 */
async function* ofUnit(world: World, unit: string, signal: AbortSignal): AsyncGenerator<LogLine> {
  const since = `--since=@${Math.ceil(world.clock.wall() / 1_000)}`;
  const format = ['--output=short-iso-precise', `--unit=${unit}`];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let known = false;
  let unknown: unknown;
  // Beside the following, which must not begin late because the journal is large.
  isKnown(world, unit, format, either).then(
    (answer) => {
      known = answer;
    },
    (error: unknown) => {
      unknown = error;
      stop.abort();
    },
  );
  let wallMs: number | undefined;
  try {
    yield* spoken(world, 'journalctl', ['--follow', '--no-tail', since, ...format], either, (text, stream) => {
      if (stream === 'stderr') return undefined;
      const time = leadingTime(text);
      // The lines of one entry have one time, which only the first one says.
      wallMs = time?.wallMs ?? wallMs;
      if (wallMs === undefined) return undefined;
      return { text: time?.rest ?? text, writtenAt: wallMs, ownClock: true };
    });
    if (unknown !== undefined) throw unknown;
    if (!known && wallMs === undefined)
      throw new LogDeaf(`journalctl has shown nothing, and has not said whether it knows the unit ${unit}`);
  } finally {
    stop.abort();
  }
}

/**
 * A unit that is misspelt, or whose entries are not ours to read, would be silent for ever: rejects. False: no answer in
 * time, which is not a no.
 */
async function isKnown(world: World, unit: string, format: readonly string[], signal: AbortSignal): Promise<boolean> {
  const args = ['--lines=1', '--no-pager', ...format];
  const { stdout, stderr, timedOut } = await world.exec.run('journalctl', args, { timeoutMs: KNOWN_WITHIN_MS, signal });
  if (stdout.split('\n').some((line) => leadingTime(line) !== undefined)) return true;
  if (timedOut || signal.aborted) return false;
  throw new Error(`journalctl shows no entry of the unit ${unit}${stderr === '' ? '' : `: ${stderr}`}`);
}

/**
 * Lines from now on. Not since a time: a container's host whose clock is behind ours would stay silent. What the container
 * writes has a time, on both streams; what has none is docker's own word.
 */
function ofContainer(world: World, container: string, signal: AbortSignal): AsyncIterable<LogLine> {
  const args = ['logs', '--follow', '--tail=0', '--timestamps', container];
  return spoken(world, 'docker', args, signal, (text) => {
    const time = leadingTime(text);
    return time && timed(time.rest, time.wallMs);
  });
}

/** The lines of a program that follows a log. What is no line of the log is its own word, and says why it ended. */
async function* spoken(
  world: World,
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  lineOf: (text: string, stream: Output['stream']) => LogLine | undefined,
): AsyncGenerator<LogLine> {
  const streams = { stdout: new StreamLines(), stderr: new StreamLines() };
  let word = '';
  try {
    for await (const { stream, bytes } of world.exec.follow(program, args, { signal })) {
      for (const text of streams[stream].take(bytes)) {
        const line = lineOf(text, stream);
        if (line !== undefined) yield line;
        else if (text !== '') word = text;
      }
    }
  } catch (error) {
    const last = streams.stderr.rest() || word;
    throw new Error(last === '' ? messageOf(error) : `${messageOf(error)}: ${last}`);
  }
}

function timed(text: string, writtenAt: number | undefined): LogLine {
  return writtenAt === undefined ? { text } : { text, writtenAt };
}
