/** Put in the `default` of a switch over a closed union: a new member then breaks the build, not a drill. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
