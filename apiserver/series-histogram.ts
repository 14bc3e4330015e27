import type { MetricValueWithName } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** The observations of one set of labels: found once, then added to at the cost of a comparison or two. */
export class HistogramSeries {
  readonly #bounds: readonly number[];
  /** Observations between each bound and the one before, and beyond the last. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > this.#bounds[index]!) index++;
    this.#counts[index]!++;
    this.#sum += value;
  }

  /** In the form that prom-client prints: cumulative buckets, sum and count. */
  values(name: string, labels: Labels): MetricValueWithName<string>[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      const le = this.#bounds[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(le) }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: total },
    ];
  }
}
