import type { Command } from 'commander';
import { EXIT, type ExitCode, GamedayError } from '../../core/errors.ts';
import type { World } from '../../world/world.ts';
import { describeProgram } from '../program.ts';

/** One command with what may follow it. */
interface Completable {
  /** Words before it: `lab up`. Empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

const WRITERS: Readonly<Record<string, (list: readonly Completable[]) => string>> = { bash, zsh, fish };

export async function completion(world: World, shell: string): Promise<ExitCode> {
  const write = WRITERS[shell];
  if (write === undefined) {
    throw new GamedayError({
      code: 'unknown-shell',
      message: `no completion for "${shell}"`,
      hint: `known shells: ${Object.keys(WRITERS).join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  const list: Completable[] = [];
  collect(
    describeProgram(() => async () => undefined),
    '',
    list,
  );
  world.tty.out.write(write(list));
  return EXIT.pass;
}

function collect(command: Command, path: string, into: Completable[]): void {
  const visible = command.createHelp().visibleCommands(command);
  const commands = visible.map((one) => one.name());
  const options = command.options
    .filter((one) => !one.hidden)
    .map((one) => one.long ?? one.short ?? '')
    .filter((one) => one !== '');
  into.push({ path, words: [...commands, ...options, '--help'] });
  for (const one of visible) collect(one, path === '' ? one.name() : `${path} ${one.name()}`, into);
}

function cases(list: readonly Completable[]): string {
  return list
    .filter((one) => one.path !== '')
    .map((one) => `    "${one.path}"|"${one.path} "*) words="${one.words.join(' ')}" ;;`)
    .reverse()
    .join('\n');
}

function top(list: readonly Completable[]): string {
  return list.find((one) => one.path === '')?.words.join(' ') ?? '';
}

function bash(list: readonly Completable[]): string {
  return `# gameday completion for bash: source <(gameday completion bash)
_gameday() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line="\${COMP_WORDS[*]:1:COMP_CWORD-1}" words
  case "$line" in
${cases(list)}
    *) words="${top(list)}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _gameday gameday
`;
}

function zsh(list: readonly Completable[]): string {
  return `#compdef gameday
# gameday completion for zsh: source <(gameday completion zsh)
_gameday() {
  local line="\${(j: :)words[2,CURRENT-1]}" list
  case "$line" in
${cases(list).replaceAll('words=', 'list=')}
    *) list="${top(list)}" ;;
  esac
  compadd -- \${=list}
}
compdef _gameday gameday
`;
}

function fish(list: readonly Completable[]): string {
  const lines = list.flatMap(({ path, words }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c gameday -n '${condition}' -l ${word.slice(2)}`
        : `complete -c gameday -f -n '${condition}' -a ${word}`,
    );
  });
  return `# gameday completion for fish: gameday completion fish | source\n${lines.join('\n')}\n`;
}
