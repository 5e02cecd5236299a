import { Command, CommanderError, Option, type OutputConfiguration } from 'commander';
import { EXIT, type ExitCode, GamedayError, type GamedayErrorInit } from '../core/errors.ts';
import type { World } from '../world/world.ts';
import { asksJson, sayJsonError } from './json-error.ts';
import { gamedayVersion } from './package.ts';
import { say } from './say.ts';

/** Each command resolves to the exit code; what goes wrong is thrown as GamedayError. After the world come commander's own arguments. */
type Action = (world: World, ...args: never[]) => Promise<ExitCode>;

/** Runs one command line. Commands are imported only when they are chosen. */
export async function runProgram(world: World, argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.pass;
  const does = (load: () => Promise<Action>) => {
    return async (...args: unknown[]) => {
      exitCode = await (await load())(world, ...(args as never[]));
    };
  };
  let told = '';
  const program = describeProgram(does, {
    writeOut: (text) => say(world.tty.out, text),
    writeErr: (text) => {
      told += text;
      say(world.tty.err, text);
    },
  });
  const words = argv.slice(2);
  try {
    await program.parseAsync(namesUnknown(program, words) ? argv.filter((one) => !asksHelp(one)) : [...argv]);
    return exitCode;
  } catch (error) {
    if (error instanceof GamedayError && asksJson(words)) sayJsonError(world.tty.out, error);
    if (!(error instanceof CommanderError)) throw error;
    // Commander has written its message; help and version end with 0.
    if (error.exitCode === 0) return EXIT.pass;
    if (error.code === 'commander.help') say(world.tty.err, '\nerror: no command was named: take one of those above\n');
    if (asksJson(words)) sayJsonError(world.tty.out, usageError(error, told));
    return EXIT.usage;
  }
}

/** What commander found, as an error of our own; `told`: what it has written about it, with the hint. */
function usageError({ code, message }: CommanderError, told: string): GamedayErrorInit {
  return {
    code: code.replace(/^commander\./, '').replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`),
    message: message.replace(/^error: /, ''),
    hint: /^hint: (.*)$/m.exec(told)?.[1] ?? 'gameday --help lists the commands and options',
    exitCode: EXIT.usage,
  };
}

/** True where a command is named that there is not: the help of the command above it would hide that. */
function namesUnknown(program: Command, words: readonly string[]): boolean {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) return false;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) return !(command === program && word === 'help');
    command = next;
  }
  return false;
}

function asksHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** The command tree; also what shell completion is made from. */
export function describeProgram(
  does: (load: () => Promise<Action>) => (...args: unknown[]) => Promise<void>,
  output: OutputConfiguration = {},
): Command {
  const program = new Command('gameday');
  // Before the first command is made: they inherit it.
  program
    .configureOutput(output)
    .description(
      'Breaks one real node at a time, watches what users and monitoring see, restores it, and says with evidence whether the promise held.',
    )
    .version(gamedayVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', EXIT_HELP);

  selecting(program.command('run').description('run the drills and judge them'))
    .addOption(new Option('--outage <duration>', 'how long the nodes stay down, like 10s'))
    .addOption(
      new Option('--profile <name>', 'times of all scenarios').choices(['standard', 'smoke']).default('standard'),
    )
    .option('--second-strike', 'repeat each fault on the nodes that survived it, once the stack calls itself healthy')
    .option('--force', 'run drills whose target cannot be met by the arithmetic: they can then fail')
    .option('--yes', 'do not ask; never replaces --confirm')
    .option('--confirm <name>', 'name of the production or protected environment, where there is no terminal')
    .option('--json', 'one JSON document on stdout and nothing else there')
    .option('--plain', 'timestamped lines instead of the live view')
    .option('--sessions <folder>', 'where session folders are made (default: sessions)')
    .addOption(new Option('--check-options', 'look at the options and end').hideHelp())
    .action(does(async () => (await import('./commands/run.ts')).run));

  selecting(program.command('plan').description('show what would be done, command by command; breaks nothing'))
    .addOption(new Option('--outage <duration>', 'how long the nodes stay down, like 10s'))
    .addOption(
      new Option('--profile <name>', 'times of all scenarios').choices(['standard', 'smoke']).default('standard'),
    )
    .option('--second-strike', 'show the second strikes too')
    .option('--json', 'one JSON document on stdout')
    .option('--sessions <folder>', 'where session folders are (default: sessions)')
    .action(does(async () => (await import('./commands/plan.ts')).plan));

  selecting(program.command('doctor').description('look at everything a drill needs; breaks nothing'))
    .addOption(
      new Option('--profile <name>', 'times of all scenarios').choices(['standard', 'smoke']).default('standard'),
    )
    .option('--json', 'one JSON document on stdout')
    .option('--sessions <folder>', 'where session folders are made (default: sessions)')
    .action(does(async () => (await import('./commands/doctor.ts')).doctor));

  labOption(
    program.command('selftest').description('sabotage a lab in every known way and look whether each gate notices'),
    'a lab that is up (default: one of its own)',
  )
    .option('--only <ids>', 'scenarios to test: A, A,C or AC (environment: ONLY)')
    .option('--json', 'one JSON document on stdout')
    .action(does(async () => (await import('./commands/selftest.ts')).runSelftest));

  const lab = program
    .command('lab')
    .description('the embedded lab: real servers on loopback')
    .helpCommand(false)
    .exitOverride();
  labOption(lab.command('up').description('start the lab, or repair one that is half dead'))
    .option('--defaults', 'shipped defaults instead of the tuned settings')
    .option('--skip <stacks>', 'stacks to leave out: minio or minio,rabbitmq')
    .action(does(async () => (await import('./commands/lab.ts')).labUp));
  labOption(lab.command('down').description('stop the lab and leave nothing')).action(
    does(async () => (await import('./commands/lab.ts')).labDown),
  );
  labOption(lab.command('status').description('the state of every node'))
    .option('--json', 'one JSON document on stdout')
    .action(does(async () => (await import('./commands/lab.ts')).labStatus));
  labOption(lab.command('logs <node>').description("print a node's log"))
    .option('-f, --follow', 'go on with new lines')
    .option('-n, --lines <count>', 'how many of the last lines', '50')
    .action(does(async () => (await import('./commands/lab.ts')).labLogs));
  labOption(lab.command('start <node>').description('start one node')).action(
    does(async () => (await import('./commands/lab.ts')).labStart),
  );
  labOption(lab.command('stop <node>').description('stop one node hard, as a power cut would')).action(
    does(async () => (await import('./commands/lab.ts')).labStop),
  );
  labOption(
    lab.command('pause <node>').description('freeze one node: it keeps its connections and answers nothing'),
  ).action(does(async () => (await import('./commands/lab.ts')).labPause));
  labOption(lab.command('resume <node>').description('let a paused node go on')).action(
    does(async () => (await import('./commands/lab.ts')).labResume),
  );

  sessionsOption(program.command('report <session>').description('render the report again from the journal alone'))
    .option('--stdout', 'print report.md instead of writing it')
    .action(does(async () => (await import('./commands/report.ts')).report));
  sessionsOption(program.command('verify <session>').description('check the hash chain and judge again'))
    .option('--head <hash>', 'the journal head that the run printed: also finds truncation and rewriting')
    .option('--json', 'one JSON document on stdout')
    .action(does(async () => (await import('./commands/verify.ts')).verify));
  sessionsOption(
    program
      .command('recover [session]')
      .description(
        'restore what a session left broken and close its journal; without a name, every session that needs it',
      ),
  )
    .option('--dry-run', 'show what is broken and what would be done; change nothing')
    .action(does(async () => (await import('./commands/recover.ts')).recover));
  sessionsOption(
    program.command('abort [reason...]').description('end the running drill at once: restore, and begin no other'),
  )
    .option('--session <name>', 'which session, where several run')
    .action(does(async () => (await import('./commands/abort.ts')).abort));
  sessionsOption(program.command('note <text...>').description('write a line into the running session'))
    .option('--gap', 'it is a finding: something is wrong or missing')
    .option('--session <name>', 'which session, where several run')
    .action(does(async () => (await import('./commands/note.ts')).note));
  // Started by `run` alone: it restores when the tool cannot.
  program
    .command('guard', { hidden: true })
    .requiredOption('--session <folder>')
    .requiredOption('--tool <pid:start>')
    .action(does(async () => (await import('./commands/guard.ts')).guard));
  program
    .command('scenarios')
    .description('list the scenarios')
    .option('--json', 'one JSON document on stdout')
    .action(does(async () => (await import('./commands/scenarios.ts')).scenarios));
  program
    .command('schema')
    .description('print the JSON Schema of gameday.yaml')
    .action(does(async () => (await import('./commands/schema.ts')).schema));
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish')
    .action(does(async () => (await import('./commands/completion.ts')).completion));
  hintAtHelp(program, 'gameday');
  return program;
}

/** Each command's mistakes name its own help. */
function hintAtHelp(command: Command, words: string): void {
  const has = command.commands.length > 0 ? 'the commands and options' : 'what it takes';
  command.showHelpAfterError(`hint: ${words} --help lists ${has}`);
  for (const one of command.commands) hintAtHelp(one, `${words} ${one.name()}`);
}

function selecting(command: Command): Command {
  return labOption(command)
    .option('--only <ids>', 'scenarios to run: A, A,C or AC (environment: ONLY)')
    .option('--skip <ids>', 'scenarios to leave out: DE or D,E (environment: SKIP)')
    .option('--config <file>', 'configuration (default: gameday.yaml here or in a folder above)');
}

function labOption(command: Command, what = 'folder of the lab (default: .gameday)'): Command {
  return command.option('--lab-dir <folder>', what);
}

function sessionsOption(command: Command): Command {
  return command.option('--sessions <folder>', 'where session folders are (default: sessions)');
}

const EXIT_HELP = `
Exit codes: 0 PASS, 1 FAIL, 2 usage or configuration, 3 INCONCLUSIVE or refused, 4 internal error,
5 NOT RESTORED (a node was left down), 130 interrupted and restored.`;
