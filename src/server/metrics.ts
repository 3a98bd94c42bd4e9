/**
 * @file Counters and histograms, in the text format that Prometheus reads (exposition format 0.0.4).
 */

/** Every counter, with what it counts. */
const COUNTERS = {
  firstread_instances_stored_total: "Instances stored.",
  firstread_instances_duplicate_total: "Instances that were there already.",
  firstread_instances_refused_total: "Instances refused, conflicting ones included.",
  firstread_studies_settled_total: "Studies that became complete.",
  firstread_studies_scored_total: "Studies that got a finding.",
  firstread_studies_flagged_total: "Studies whose finding was flagged.",
  firstread_studies_not_applicable_total: "Studies that are none for the model.",
  firstread_studies_failed_total: "Studies whose analysis failed.",
  firstread_finding_wait_seconds_total: "Time that settled studies waited for their finding.",
  firstread_slices_scored_total: "Slices scored.",
  firstread_deliveries_sent_total: "Notices delivered to a channel.",
  firstread_deliveries_failed_total: "Attempts to deliver a notice that failed.",
  firstread_deliveries_dead_total: "Notices given up.",
  firstread_orders_taken_total: "HL7 order messages taken.",
  firstread_orders_refused_total: "HL7 order messages refused.",
  firstread_http_requests_total: "HTTP requests answered.",
  firstread_http_errors_total: "HTTP requests answered with 5xx.",
} as const;
export type Counter = keyof typeof COUNTERS;

/** Upper bounds in seconds, from a request to a study that waits for the model. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900] as const;

/** Every histogram, in seconds, with what it measures. */
const HISTOGRAMS = {
  firstread_receive_seconds: "From an instance's last byte to its acknowledgement.",
  firstread_scoring_seconds: "From a settled study's turn to its finding.",
  firstread_http_request_seconds: "HTTP requests, from their head to the end of the answer.",
} as const;
export type Histogram = keyof typeof HISTOGRAMS;

interface Observed {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** A value that is looked up when it is asked for. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

export class Metrics {
  readonly #counts = new Map<Counter, number>();
  readonly #observed = new Map<Histogram, Observed>();

  add(counter: Counter, amount = 1): void {
    this.#counts.set(counter, this.get(counter) + amount);
  }

  get(counter: Counter): number {
    return this.#counts.get(counter) ?? 0;
  }

  /** Count one duration. */
  observe(histogram: Histogram, seconds: number): void {
    const observed = this.#observed.get(histogram) ?? {
      buckets: new Array<number>(SECONDS.length).fill(0),
      ...{ sum: 0, count: 0 },
    };
    this.#observed.set(histogram, observed);
    const bucket = SECONDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) observed.buckets[bucket] = (observed.buckets[bucket] ?? 0) + 1;
    observed.sum += seconds;
    observed.count += 1;
  }

  /** Each bucket counts what is at most its bound: what the one below counts, and more. */
  #renderHistogram(name: Histogram): string[] {
    const { buckets, sum, count } = this.#observed.get(name) ?? { buckets: [], sum: 0, count: 0 };
    let upTo = 0;
    const lines = SECONDS.map((bound, i) => {
      upTo += buckets[i] ?? 0;
      return `${name}_bucket{le="${bound}"} ${upTo}`;
    });
    return [
      `# HELP ${name} ${HISTOGRAMS[name]}`,
      `# TYPE ${name} histogram`,
      ...[...lines, `${name}_bucket{le="+Inf"} ${count}`, `${name}_sum ${sum}`, `${name}_count ${count}`],
    ];
  }

  /** Everything as text, the gauges behind the counters and the histograms. */
  render(gauges: readonly Gauge[]): string {
    const counters = Object.entries(COUNTERS).flatMap(([name, help]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      `${name} ${this.get(name as Counter)}`,
    ]);
    const histograms = (Object.keys(HISTOGRAMS) as Histogram[]).flatMap((name) =>
      this.#renderHistogram(name),
    );
    const rest = gauges.flatMap(({ name, help, values }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...values.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`),
    ]);
    return [...counters, ...histograms, ...rest, ""].join("\n");
  }
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
