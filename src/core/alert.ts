/** One alert as Prometheus or Alertmanager shows it at one poll. */
export interface AlertState {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly where: 'prometheus' | 'alertmanager';
  /** The server's own time stamp, for the decomposition only; limits are judged on our poll times. */
  readonly activeAt?: string;
}

export interface AlertPoll {
  readonly alerts: readonly AlertState[];
}

/** Where alerts are looked up. Rejects when either server cannot be read: alert gates are then INCONCLUSIVE. */
export interface AlertSource {
  /** For people: `Prometheus http://… and Alertmanager http://…`. */
  readonly target: string;
  poll(signal: AbortSignal): Promise<AlertPoll>;
  /** Alerting rules that Prometheus has loaded. */
  rules(signal: AbortSignal): Promise<readonly string[]>;
}
