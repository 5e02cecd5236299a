/** One alert as Prometheus or Alertmanager shows it at one poll. */
export interface AlertState {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `suppressed`: Alertmanager has it and tells nobody, because it is silenced or inhibited. */
  readonly state: 'pending' | 'firing' | 'suppressed';
  readonly where: 'prometheus' | 'alertmanager';
  /** The server's own time stamp, for the decomposition only; limits are judged on our poll times. */
  readonly activeAt?: string;
  /** When Alertmanager last heard of it, by its own clock; for the decomposition only. */
  readonly receivedAt?: string;
  /** Names of the receivers that Alertmanager routes it to. */
  readonly receivers?: readonly string[];
  readonly suppressedBy?: SuppressedBy;
}

/** Ids of silences, and names of the alerts that inhibit. */
export interface SuppressedBy {
  readonly silences: readonly string[];
  readonly alerts: readonly string[];
}

export interface AlertPoll {
  readonly alerts: readonly AlertState[];
}

/** An alerting rule as it is loaded. */
export interface AlertRule {
  readonly name: string;
  readonly query: string;
  readonly forMs: number;
  /** Time between two evaluations of its group. */
  readonly intervalMs: number;
}

/** A metric that a rule reads, and how many series of it there were: of none the rule learns nothing. */
export interface RuleInput {
  readonly rule: string;
  readonly selector: string;
  readonly series: number;
}

/** How Prometheus knows what it scrapes. */
export interface ScrapeTarget {
  readonly job: string;
  readonly instance: string;
}

/** So long Alertmanager waits before it tells a receiver of a new group: its `group_wait`. */
export interface GroupWait {
  readonly receiver: string;
  readonly waitMs: number;
}

/** What stands behind the expected alerts. No limit is judged by it. */
export interface AlertSurvey {
  readonly rules: readonly AlertRule[];
  readonly inputs: readonly RuleInput[];
  /** What the rules read is scraped from these. */
  readonly targets: readonly ScrapeTarget[];
  readonly groupWaits: readonly GroupWait[];
  /** What could not be read, and why. */
  readonly problems: readonly string[];
}

/**
 * `stale`: the last scrape is much older than its interval. `frozen`: it is scraped, and not one of its series has
 * another value than some time ago. `gone`: Prometheus does not know it any more.
 */
export const SCRAPE_STATES = ['up', 'down', 'unknown', 'stale', 'frozen', 'gone'] as const;

export interface ScrapeState extends ScrapeTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: (typeof SCRAPE_STATES)[number];
  /** Why it is not up; empty when it is. */
  readonly detail: string;
  /** Start of the last scrape by the server's clock; empty when there was none. */
  readonly lastScrape: string;
  readonly tookMs: number;
  readonly intervalMs: number;
}

export interface ScrapeLook {
  /** The server's own clock at some time during the look. */
  readonly serverAt: string;
  /** So far back values were compared to tell what is frozen. */
  readonly comparedMs: number;
  readonly targets: readonly ScrapeState[];
}

/** Which rules matter, and the labels by which the drill's nodes are known. */
export interface SurveyQuestion {
  readonly rules: readonly string[];
  readonly nodes: readonly Readonly<Record<string, string>>[];
}

/** Where alerts are looked up. Rejects when either server cannot be read: alert gates are then INCONCLUSIVE. */
export interface AlertSource {
  /** For people: `Prometheus http://… and Alertmanager http://…`. */
  readonly target: string;
  poll(signal: AbortSignal): Promise<AlertPoll>;
  /** Alerting rules that Prometheus has loaded. */
  rules(signal: AbortSignal): Promise<readonly string[]>;
  /** Never rejects for a part that cannot be read: that is a problem in the answer. */
  survey?(question: SurveyQuestion, signal: AbortSignal): Promise<AlertSurvey>;
  /** How the scraping of these targets goes. */
  scrapes?(targets: readonly ScrapeTarget[], signal: AbortSignal): Promise<ScrapeLook>;
}
