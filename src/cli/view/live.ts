import { DefaultRenderer, Listr, ListrLogger, type ListrTask, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import { asWriteStream, nowhere } from '../../world/as-write-stream.ts';
import type { Stream, World } from '../../world/world.ts';
import { detailsOf, foldRecord, newViewState, type ScenarioState, titleOf, type ViewState } from './state.ts';
import type { SessionView } from './view.ts';

const REFRESH_MS = 250;
const ICON_AND_INDENT = 8;

type ViewWorld = Pick<World, 'clock' | 'tty'>;
type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof DefaultRenderer>;

/** listr2 would draw on stdout, which belongs to the result; and a green tick would look like a PASS before anything was judged. */
function rendererOn(stream: Stream): typeof DefaultRenderer {
  return class extends DefaultRenderer {
    constructor(...[tasks, options, events]: ConstructorParameters<typeof DefaultRenderer>) {
      super(
        tasks,
        {
          ...options,
          icon: { COMPLETED: '■' },
          color: { COMPLETED: (text?: string) => text ?? '' },
          logger: new ListrLogger({
            useIcons: true,
            processOutput: new OutputOn(stream),
          }),
        },
        events,
      );
    }
  };
}

/** listr2 draws on a copy of the stream, which knows neither its width nor its height: they are those of the terminal, at any moment. */
class OutputOn extends ProcessOutput {
  private readonly terminal: NodeJS.WriteStream;

  constructor(stream: Stream) {
    const terminal = asWriteStream(stream);
    super(terminal, nowhere());
    this.terminal = terminal;
  }

  override get stdout(): NodeJS.WriteStream {
    const { terminal } = this;
    return Object.defineProperties(super.stdout, {
      isTTY: { get: () => terminal.isTTY },
      columns: { get: () => terminal.columns },
      rows: { get: () => terminal.rows },
    });
  }
}

/** A task a scenario, redrawn in place. listr2 only draws: it decides and undoes nothing. */
export function liveView(world: ViewWorld): SessionView {
  const state = newViewState();
  const stop = new AbortController();
  let drawn: Promise<unknown> | undefined;
  return {
    onRecord(record) {
      foldRecord(state, record);
      if (record.type === 'session.started') drawn = taskList(world, state, stop.signal).run();
    },
    async end() {
      stop.abort();
      await drawn;
    },
  };
}

function taskList(
  world: ViewWorld,
  state: ViewState,
  stop: AbortSignal,
): Listr<unknown, typeof DefaultRenderer, typeof DefaultRenderer> {
  const renderer = rendererOn(world.tty.err);
  const first: ListrTask<unknown, typeof DefaultRenderer> = {
    title: state.headline,
    task: (_context, task: Task) => showPreflight(world, state, stop, task),
  };
  const scenarios = [...state.scenarios.values()].map(
    (scenario): ListrTask<unknown, typeof DefaultRenderer> => ({
      title: titleOf(scenario, 0),
      task: (_context, task: Task) => showScenario(world, state, scenario, stop, task),
      rendererOptions: { outputBar: 1 },
    }),
  );
  const last: ListrTask<unknown, typeof DefaultRenderer> = {
    title: 'verdict',
    task: (_context, task: Task) => showVerdict(world, state, stop, task),
  };
  return new Listr<unknown, typeof DefaultRenderer, typeof DefaultRenderer>([first, ...scenarios, last], {
    concurrent: false,
    exitOnError: false,
    registerSignalListeners: false,
    renderer,
    fallbackRenderer: renderer,
    rendererOptions: { formatOutput: 'truncate' },
    // What is used when stdout is no terminal, though stderr, on which we draw, is one.
    fallbackRendererOptions: { formatOutput: 'truncate' },
  });
}

async function showPreflight(world: ViewWorld, state: ViewState, stop: AbortSignal, task: Task): Promise<void> {
  const waits = () => [...state.scenarios.values()].every((one) => one.status === 'pending');
  while (waits() && !isOver(world, stop)) {
    task.title = cut(world, state.headline);
    await world.clock.sleep(REFRESH_MS, stop);
  }
  task.title = cut(world, 'looked at everything before anything is broken');
}

async function showScenario(
  world: ViewWorld,
  state: ViewState,
  scenario: ScenarioState,
  stop: AbortSignal,
  task: Task,
): Promise<void> {
  while (scenario.status !== 'ended' && !isOver(world, stop)) {
    const now = world.clock.now();
    task.title = cut(world, state.restoring ? `${titleOf(scenario, now)} (${state.headline})` : titleOf(scenario, now));
    if (scenario.status === 'running')
      task.output = detailsOf(scenario, now)
        .map((line) => cut(world, line))
        .join('\n');
    await world.clock.sleep(REFRESH_MS, stop);
  }
  task.title = cut(world, titleOf(scenario, world.clock.now()));
  task.output = '';
}

/** The drills end before they are judged: the verdict stands below them. Drawing may end before it comes, and plain lines go on. */
async function showVerdict(world: ViewWorld, state: ViewState, stop: AbortSignal, task: Task): Promise<void> {
  while (state.verdict === '' && !isOver(world, stop)) await world.clock.sleep(REFRESH_MS, stop);
  task.title = cut(world, `verdict: ${state.verdict === '' ? 'none so far' : state.verdict}`);
}

function isOver(world: ViewWorld, stop: AbortSignal): boolean {
  return stop.aborted || world.tty.err.broken;
}

/** listr2 asks stdout for the width; we draw on stderr. Room is left for the icon and the indentation. */
function cut(world: ViewWorld, text: string): string {
  const room = Math.max(20, world.tty.err.columns - ICON_AND_INDENT);
  const characters = [...text];
  return characters.length <= room ? text : `${characters.slice(0, room - 1).join('')}…`;
}
