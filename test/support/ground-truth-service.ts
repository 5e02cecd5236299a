import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manner, ServicePlan, Switch, TrueOutage } from './ground-truth.ts';

/** CLOCK_MONOTONIC in ms, as `world.clock.now()` counts it in every process of this machine. */
export function monotonicMs(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000 + nanos / 1_000_000;
}

/** An HTTP service that goes out in one manner, and knows when. */
export class TrueService {
  readonly port: number;
  private readonly plan: ServicePlan;
  private readonly sockets = new Set<Socket>();
  private readonly hanging: ServerResponse[] = [];
  private server: Server | undefined;
  private manner: Manner | 'up' = 'up';

  constructor(plan: ServicePlan, port: number) {
    this.plan = plan;
    this.port = port;
  }

  /** Rejects when the port is taken. */
  async open(): Promise<void> {
    const server = createServer(this.answer);
    server.on('connection', (socket) => {
      if (this.manner === 'closes') socket.destroy();
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
  }

  /** Goes out and comes back as often as planned. */
  async run(): Promise<readonly TrueOutage[]> {
    const truth: TrueOutage[] = [];
    const { outages, gapMs, lengthMs } = this.plan;
    for (let index = 0; index < outages; index += 1) {
      await sleep(between(gapMs));
      const begin = await switched(() => this.goOut());
      await sleep(between(lengthMs));
      const end = await switched(() => this.comeBack());
      truth.push({ begin, end });
    }
    return truth;
  }

  private async goOut(): Promise<void> {
    if (this.plan.manner !== 'refuses') {
      this.manner = this.plan.manner;
      return;
    }
    // Node closes the listening socket within this call. Connections that nobody took yet are reset by the kernel.
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async comeBack(): Promise<void> {
    if (this.plan.manner === 'refuses') {
      await this.open();
      return;
    }
    this.manner = 'up';
    // What hung is answered late, as a frozen process does that goes on, or cut off, as by one that is restarted.
    const answered = Math.random() < 0.5;
    for (const response of this.hanging.splice(0)) {
      if (answered) response.end('late');
      else response.destroy();
    }
  }

  private readonly answer: RequestListener = (request, response) => {
    switch (this.manner) {
      case 'hangs':
        this.hanging.push(response);
        return;
      case 'slow':
        setTimeout(() => response.end('slow'), this.plan.slowMs);
        return;
      case 'closes':
        request.socket.destroy();
        return;
      case '5xx':
        response.writeHead(503).end('out');
        return;
      case 'refuses':
      case 'up':
        response.end('up');
    }
  };
}

async function switched(change: () => Promise<void>): Promise<Switch> {
  const fromMs = monotonicMs();
  await change();
  return { fromMs, toMs: monotonicMs() };
}

function between([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least);
}
