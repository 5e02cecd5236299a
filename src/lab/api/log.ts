export interface Log {
  info(component: string, msg: string): void;
  error(component: string, msg: string): void;
}

/** One JSON object a line: when, how bad, who, about what. `write` gets the line with its newline. */
export function createLog(name: string, write: (line: string) => void): Log {
  const line = (level: 'info' | 'error', component: string, msg: string): void =>
    write(`${JSON.stringify({ at: new Date().toISOString(), level, node: name, component, msg })}\n`);
  return {
    info: (component, msg) => line('info', component, msg),
    error: (component, msg) => line('error', component, msg),
  };
}
