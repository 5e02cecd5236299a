/** Who listens to a signal, behind the one listener that the signal itself knows. */
const audiences = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * As addEventListener for `abort`, once, for signals that hundreds listen to at a time, such as the one that ends every
 * look of a drill: Node walks through a list for each listener that comes or goes, and warns from the eleventh on. The
 * listener must not throw. Returns the function that stops listening. A signal that has aborted calls nobody any more.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const audience = audiences.get(signal) ?? audienceOf(signal);
  audience.add(listener);
  return () => audience.delete(listener);
}

function audienceOf(signal: AbortSignal): Set<() => void> {
  const audience = new Set<() => void>();
  audiences.set(signal, audience);
  signal.addEventListener(
    'abort',
    () => {
      for (const listener of audience) listener();
      audience.clear();
    },
    { once: true },
  );
  return audience;
}
