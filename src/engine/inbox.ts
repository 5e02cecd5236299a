import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import type { AbortRequest } from './abort-request.ts';
import { type InboxMessage, MOST_BYTES, plainLine, readMessage } from './inbox-message.ts';
import type { Recorder } from './recorder.ts';

/** Folder below the session's own. */
export const INBOX = 'inbox';
/** A file of this name ends the drill, whatever stands in it: `touch` is enough. */
export const ABORT_FILE = 'abort';

const POLL_EVERY_MS = 500;
const READ_DEADLINE_MS = 2_000;
/** So many files a look; the rest has its turn at the next one. */
const MOST_FILES = 50;
const LONGEST_NAME = 60;
/** A file is written beside its place and renamed: one that stays under such a name was given up by its writer. */
const BEING_WRITTEN = /\.tmp$/;
const GIVEN_UP_AFTER_MS = 10_000;

export interface InboxInput {
  readonly world: Pick<World, 'clock' | 'fs'>;
  /** The session's own folder. */
  readonly folder: string;
  readonly recorder: Recorder;
  readonly request: AbortRequest;
}

/**
 * What other processes ask for while a session runs: each file is journaled and removed, in that order, so that whoever
 * sees its file gone knows that it was written down. One that cannot be read is journaled as a note and removed too.
 */
export class Inbox {
  /** The drill that messages belong to; null between drills. */
  scenario: string | null = null;
  private readonly input: InboxInput;
  private readonly path: string;
  private readonly firstSeen = new Map<string, number>();
  /** Files that could not be removed: they are not taken twice. */
  private readonly stuck = new Set<string>();
  private unreadable = false;
  private left = false;

  constructor(input: InboxInput) {
    this.input = input;
    this.path = join(input.folder, INBOX);
  }

  /** Makes the folder and looks into it until the signal aborts, and once more then. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, fs } = this.input.world;
    try {
      await fs.makeFolder(this.path, 0o700);
    } catch (error) {
      await this.note(
        `the inbox could not be made, gameday note and gameday abort cannot be heard: ${messageOf(error)}`,
      );
      return;
    }
    while (!signal.aborted) {
      await this.look();
      await clock.sleep(POLL_EVERY_MS, signal);
    }
    await this.look();
  }

  /** Nobody waits for it any more: what its disk answers later is neither written down nor removed. */
  leave(): void {
    this.left = true;
  }

  private async look(): Promise<void> {
    const { fs } = this.input.world;
    try {
      const names = (await fs.list(this.path)) ?? [];
      const waiting = names.filter((name) => !this.stuck.has(name) && this.isComplete(name));
      // Whoever says stop goes before whoever says something.
      waiting.sort((a, b) => Number(b === ABORT_FILE) - Number(a === ABORT_FILE));
      for (const name of waiting.slice(0, MOST_FILES)) await this.take(name);
    } catch (error) {
      if (this.unreadable || this.left) return;
      this.unreadable = true;
      await this.note(`the inbox cannot be read: ${messageOf(error)}`);
    }
  }

  private isComplete(name: string): boolean {
    if (!BEING_WRITTEN.test(name)) return true;
    const now = this.input.world.clock.now();
    const first = this.firstSeen.get(name) ?? now;
    this.firstSeen.set(name, first);
    return now - first >= GIVEN_UP_AFTER_MS;
  }

  private async take(name: string): Promise<void> {
    const message = await this.read(name);
    if (this.left) return;
    const written = 'problem' in message ? await this.refuse(name, message.problem) : await this.obey(message);
    // What did not get into the journal stays where its writer can see it.
    if (!written) return;
    try {
      await this.input.world.fs.remove(join(this.path, name));
      this.firstSeen.delete(name);
    } catch (error) {
      this.stuck.add(name);
      await this.note(`${shown(name)} cannot be removed from the inbox: ${messageOf(error)}`);
    }
  }

  private async read(name: string): Promise<InboxMessage | { readonly problem: string }> {
    if (BEING_WRITTEN.test(name)) return { problem: 'its writer did not finish it' };
    try {
      const bytes = await this.bytesOf(join(this.path, name));
      if (name !== ABORT_FILE) return bytes.byteLength === 0 ? { problem: 'empty' } : readMessage(bytes);
      const text = plainLine(new TextDecoder().decode(bytes.subarray(0, MOST_BYTES)));
      return { kind: 'abort', text: text === '' ? 'a file named abort was put into the inbox' : text, gap: false };
    } catch (error) {
      // Whatever is wrong with it: a file named abort is there.
      if (name === ABORT_FILE)
        return { kind: 'abort', text: 'something named abort was put into the inbox', gap: false };
      return { problem: messageOf(error) };
    }
  }

  private async bytesOf(path: string): Promise<Uint8Array> {
    const { clock, fs } = this.input.world;
    // What has no size is not opened: a pipe would keep us waiting for ever.
    if (((await fs.size(path)) ?? 0) === 0) return new Uint8Array();
    const bytes = await withDeadline(clock, READ_DEADLINE_MS, undefined, () => fs.readFrom(path, 0, MOST_BYTES + 1));
    return bytes ?? new Uint8Array();
  }

  private async obey({ kind, text, gap }: InboxMessage): Promise<boolean> {
    const { recorder, request } = this.input;
    const { scenario } = this;
    if (kind === 'note') {
      return this.write(gap ? { type: 'gap', scenario, kind: 'noted', text } : { type: 'note', scenario, text });
    }
    const reason = text === '' ? 'somebody asked for it' : `somebody asked for it: ${text}`;
    request.ask(reason);
    const when = scenario === null ? ', no drill is running' : '';
    await recorder.attempt({ type: 'note', scenario, text: `abort${when}: ${reason}` });
    // It is obeyed, written down or not.
    return true;
  }

  private async refuse(name: string, problem: string): Promise<boolean> {
    const text = `${shown(name)} in the inbox is no message, removed: ${plainLine(problem)}`;
    return this.write({ type: 'note', scenario: this.scenario, text });
  }

  private async note(text: string): Promise<void> {
    await this.input.recorder.attempt({ type: 'note', scenario: this.scenario, text });
  }

  private async write(event: Parameters<Recorder['record']>[0]): Promise<boolean> {
    try {
      await this.input.recorder.record(event);
      return true;
    } catch {
      // The recorder remembers why, and the session ends with it.
      return false;
    }
  }
}

/** A name is data: anybody may have made it up. */
function shown(name: string): string {
  const plain = plainLine(name);
  return plain.length <= LONGEST_NAME ? plain : `${plain.slice(0, LONGEST_NAME - 1)}…`;
}
