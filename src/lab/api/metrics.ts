type Labels = Readonly<Record<string, string>>;

/** In seconds. A health answer takes less than 1 ms; what takes longer than 5 s has missed every limit of ours. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

interface Metric {
  render(): string;
}

/** A few metrics in Prometheus' text format: as much as this service needs and no more. */
export class Registry {
  readonly #metrics: Metric[] = [];

  counter(name: string, help: string): Counter {
    return this.#add(new Counter(name, help));
  }

  histogram(name: string, help: string): Histogram {
    return this.#add(new Histogram(name, help));
  }

  /** A value that is looked up when somebody asks for the metrics. */
  gauge(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): void {
    this.#add({
      render: () => head(name, help, 'gauge') + [...read()].map(([l, v]) => `${name}${text(l)} ${v}\n`).join(''),
    });
  }

  render(): string {
    return this.#metrics.map((metric) => metric.render()).join('');
  }

  #add<M extends Metric>(metric: M): M {
    this.#metrics.push(metric);
    return metric;
  }
}

export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  /** Adding 0 makes a series known, so that its first event shows as an increase. */
  add(labels: Labels, amount = 1): void {
    const key = text(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  render(): string {
    const lines = [...this.#values].map(([labels, value]) => `${this.#name}${labels} ${value}\n`);
    return head(this.#name, this.#help, 'counter') + lines.join('');
  }
}

interface Distribution {
  readonly labels: Labels;
  /** How many fell into each bucket, not yet summed up. */
  readonly counts: number[];
  total: number;
  sum: number;
}

export class Histogram implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, Distribution>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(labels: Labels, seconds: number): void {
    const key = text(labels);
    const series = this.#series.get(key) ?? { labels, counts: BUCKETS.map(() => 0), total: 0, sum: 0 };
    this.#series.set(key, series);
    series.total += 1;
    series.sum += seconds;
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  }

  render(): string {
    return head(this.#name, this.#help, 'histogram') + [...this.#series.values()].map((s) => this.#lines(s)).join('');
  }

  #lines(series: Distribution): string {
    let below = 0;
    const buckets = BUCKETS.map((limit, index) => {
      below += series.counts[index] ?? 0;
      return `${this.#name}_bucket${text({ ...series.labels, le: String(limit) })} ${below}\n`;
    });
    const labels = text(series.labels);
    const all = `${this.#name}_bucket${text({ ...series.labels, le: '+Inf' })} ${series.total}\n`;
    return `${buckets.join('')}${all}${this.#name}_sum${labels} ${series.sum}\n${this.#name}_count${labels} ${series.total}\n`;
  }
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function text(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
