import { Chalk, type ChalkInstance } from 'chalk';
import type { Stream, World } from '../world/world.ts';

/** 0 none, 1 the sixteen colours. NO_COLOR goes before everything, FORCE_COLOR before what the stream is. */
export function colourLevel(env: Pick<World['env'], 'get'>, stream: Pick<Stream, 'isTTY'>): 0 | 1 {
  if ((env.get('NO_COLOR') ?? '') !== '') return 0;
  const forced = env.get('FORCE_COLOR');
  if (forced !== undefined) return forced === '0' || forced === 'false' ? 0 : 1;
  return stream.isTTY && env.get('TERM') !== 'dumb' ? 1 : 0;
}

/** Colours the words of a verdict, and nothing else: without colour the text is the same. */
export function colourVerdicts(text: string, level: 0 | 1): string {
  if (level === 0) return text;
  const chalk: ChalkInstance = new Chalk({ level });
  return text.replace(/\b(NOT RESTORED|PASS|FAIL|INCONCLUSIVE)\b/g, (word) => {
    if (word === 'PASS') return chalk.green(word);
    return word === 'INCONCLUSIVE' ? chalk.yellow(word) : chalk.red.bold(word);
  });
}
