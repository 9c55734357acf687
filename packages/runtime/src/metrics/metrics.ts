import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client'
import { tallyCounter, tallyHistogram } from './tally.ts'

/** A row of a service's metrics table. Names have base units and get the prefix `custom_events_`. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  /**
   * Label names with their closed value sets; empty: as many as there are topics, partitions, builds or causes. A
   * group or event id is never a label.
   */
  readonly labels?: Readonly<Record<string, readonly string[]>>
  /** Upper bounds, histograms only. */
  readonly buckets?: readonly number[]
}

export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>

type MetricOf<D extends MetricDefinition> = D['type'] extends 'counter'
  ? Counter
  : D['type'] extends 'gauge'
    ? Gauge
    : Histogram

export type Metrics<D extends MetricDefinitions> = { readonly [K in keyof D]: MetricOf<D[K]> } & {
  /** Prometheus text of everything, our metrics and the process's. */
  readonly expose: () => Promise<Exposition>
  /** The same as data that another process can be told. */
  readonly snapshot: () => Promise<MetricsSnapshot>
}

export interface Exposition {
  readonly contentType: string
  readonly text: string
}

export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

const PREFIX = 'custom_events_'

/** Makes every metric of the table in a registry of its own; labelled counters start at 0. */
export function createMetrics<const D extends MetricDefinitions>(definitions: D): Metrics<D> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const expose = async () => ({
    contentType: registry.contentType,
    text: await registry.metrics(),
  })
  const snapshot = () => registry.getMetricsAsJSON()
  return { ...register(definitions, registry), expose, snapshot }
}

/** Makes the metrics of a table in a registry that is there. */
export function register<const D extends MetricDefinitions>(
  definitions: D,
  registry: Registry,
): { readonly [K in keyof D]: MetricOf<D[K]> } {
  const metrics = Object.fromEntries(
    Object.entries(definitions).map(([key, definition]) => [key, create(definition, registry)]),
  )
  // The object is built from `definitions`, entry by entry; the compiler cannot see the key mapping.
  return metrics as { [K in keyof D]: MetricOf<D[K]> }
}

/**
 * Prometheus text of several processes: each series once for each process, told apart by the label `worker`.
 * Sums would fall when a process is replaced, and Prometheus takes a counter that falls for one that began
 * anew: it would count all that the others had counted a second time.
 */
export async function exposeTogether(
  snapshotByWorker: ReadonlyMap<string, MetricsSnapshot>,
): Promise<Exposition> {
  const labelled = [...snapshotByWorker].map(([worker, metrics]) =>
    metrics.map((metric) => ({
      ...metric,
      aggregator: 'sum' as const, // of one value: no two have the same labels
      values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } })),
    })),
  )
  const together = AggregatorRegistry.aggregate(labelled)
  return { contentType: together.contentType, text: await together.metrics() }
}

function create(definition: MetricDefinition, registry: Registry): Counter | Gauge | Histogram {
  const common = {
    name: PREFIX + definition.name,
    help: definition.help,
    labelNames: Object.keys(definition.labels ?? {}),
    registers: [registry],
  }
  switch (definition.type) {
    case 'counter':
      return createCounter(startAtZero(new Counter(common), definition), common.labelNames)
    case 'gauge':
      return new Gauge(common)
    case 'histogram':
      return createHistogram(
        new Histogram(
          definition.buckets === undefined
            ? common
            : { ...common, buckets: [...definition.buckets] },
        ),
        common.labelNames,
      )
  }
}

function createCounter(counter: Counter, labelNames: readonly string[]): Counter {
  return labelNames.length > 1 ? counter : tallyCounter(counter, labelNames[0] ?? null)
}

function createHistogram(histogram: Histogram, labelNames: readonly string[]): Histogram {
  return labelNames.length > 0 ? histogram : tallyHistogram(histogram)
}

/** A counter that appears only with its first increment hides that increment from `rate()`. */
function startAtZero(counter: Counter, definition: MetricDefinition): Counter {
  const labels = Object.entries(definition.labels ?? {})
  const [only] = labels
  if (labels.length !== 1 || only === undefined) return counter
  for (const value of only[1]) counter.inc({ [only[0]]: value }, 0)
  return counter
}
