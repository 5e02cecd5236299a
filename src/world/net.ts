import { createConnection, type Socket } from 'node:net';
import { freePorts } from './free-ports.ts';
import { overdue, toFailure } from './http-failure.ts';
import { type Clock, type Endpoint, HttpFailure, type Net } from './world.ts';

type Target = Endpoint | { readonly socket: string };

const MAX_BYTES = 16 * 1024 * 1024;

export function createNet(clock: Clock): Net {
  return {
    exchange: (to, text, timeoutMs, signal) =>
      converse(clock, to, timeoutMs, signal, (socket) => exchange(socket, text)),
    knock: (to, timeoutMs, signal) => converse(clock, to, timeoutMs, signal, connected),
    freePorts,
  };
}

async function converse<T>(
  clock: Clock,
  to: Target,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  talk: (socket: Socket) => Promise<T>,
): Promise<T> {
  const target = 'socket' in to ? to.socket : `${to.host}:${to.port}`;
  const deadline = clock.deadline(timeoutMs, signal);
  let socket: Socket | undefined;
  const late = (): HttpFailure => overdue(timeoutMs, deadline.expired());
  const cut = (): void => {
    socket?.destroy(late());
  };
  try {
    if (deadline.signal.aborted) throw late();
    deadline.signal.addEventListener('abort', cut, { once: true });
    socket = createConnection('socket' in to ? { path: to.socket } : { host: to.host, port: to.port });
    // A socket that is destroyed with an error after the talk has ended still emits it.
    socket.on('error', () => undefined);
    return await talk(socket);
  } catch (error) {
    // A connection that we cut ourselves looks like a reset from inside.
    throw toFailure(deadline.signal.aborted ? late() : error, target);
  } finally {
    deadline.signal.removeEventListener('abort', cut);
    deadline.cancel();
    socket?.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve());
  });
}

async function exchange(socket: Socket, text: string): Promise<string> {
  await connected(socket);
  // Not ended for writing: some servers take a half-closed client for one that has left.
  socket.write(text);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new HttpFailure('protocol', `the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
