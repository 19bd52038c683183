/**
 * Counters and gauges with labels, and their text form (Prometheus exposition format 0.0.4). Find a series once, keep it, and
 * count with a plain addition: looking labels up for each request would cost more than the request's decision.
 */

/** Label names and values, in the order in which they are printed. */
export type Labels = readonly (readonly [name: string, value: string])[];

export interface Series {
  value: number;
}

/**
 * Series a family may have. Labels can carry what peers choose (identities, server names), and each series is kept for ever:
 * 10,000 of them are about 5 MB. Beyond that all newcomers share one series, so that the sum stays right.
 */
export const seriesMax = 10_000;

export class Family {
  readonly #series = new Map<string, Series>();
  #overflow: Series | undefined;

  constructor(
    readonly name: string,
    readonly help: string,
    readonly type: 'counter' | 'gauge',
  ) {}

  /** The series with these labels, made when it is new. */
  series(labels: Labels): Series {
    const key = formatLabels(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= seriesMax) {
        this.#overflow ??= { value: 0 };
        return this.#overflow;
      }
      series = { value: 0 };
      this.#series.set(key, series);
    }
    return series;
  }

  /** Nothing for a family without data. */
  *lines(): Generator<string> {
    if (this.#series.size === 0) return;
    yield `# HELP ${this.name} ${this.help}`;
    yield `# TYPE ${this.name} ${this.type}`;
    for (const [labels, { value }] of this.#series) yield `${this.name}${labels} ${value}`;
    if (this.#overflow !== undefined) yield `${this.name}{overflow="true"} ${this.#overflow.value}`;
  }
}

export class Metrics {
  readonly #families: Family[] = [];

  family(name: string, help: string, type: 'counter' | 'gauge' = 'counter'): Family {
    const family = new Family(name, help, type);
    this.#families.push(family);
    return family;
  }

  /** All of it as text, ending as OpenMetrics readers expect. */
  expose(): string {
    const lines = this.#families.flatMap((family) => [...family.lines()]);
    return [...lines, '# EOF', ''].join('\n');
  }
}

function formatLabels(labels: Labels): string {
  if (labels.length === 0) return '';
  return `{${labels.map(([name, value]) => `${name}="${escapeValue(value)}"`).join(',')}}`;
}

function escapeValue(value: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
