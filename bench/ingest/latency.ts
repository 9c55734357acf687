import type { BodyShape } from '../bodies.ts'
import type { FigureTable } from '../figures.ts'
import { loadOpenLoop } from '../load.ts'
import type { BenchOptions } from '../options.ts'
import { tell } from '../../tools/plot/tell.ts'
import type { MeasuredServer } from './servers.ts'

export interface HalfLoad {
  readonly name: string
  readonly server: MeasuredServer
  readonly shape: BodyShape
  readonly connections: number
  /** What it took at most. */
  readonly requestsPerSecond: number
}

/** How long answers take when requests come at half the rate that a server can take. */
export async function latencyAtHalfLoad(
  loads: readonly HalfLoad[],
  { secondsPerCase, say }: BenchOptions,
): Promise<FigureTable> {
  const rows: (string | number)[][] = []
  for (const { name, server, shape, connections, requestsPerSecond } of loads) {
    const seen = await loadOpenLoop({
      url: `${server.url}/track`,
      shape,
      connections,
      seconds: 2 * secondsPerCase,
      requestsPerSecond: requestsPerSecond / 2,
    })
    const { p50Ms, p99Ms, p999Ms, maxMs, notOk } = seen
    say(`half load, ${name}: p50 ${tell(p50Ms)} ms, p99 ${tell(p99Ms)} ms`)
    rows.push([name, Math.round(requestsPerSecond / 2), p50Ms, p99Ms, p999Ms, maxMs, notOk])
  }
  return {
    name: 'latency-at-half-load',
    columns: [
      'load',
      'requests/s',
      'p50, ms',
      'p99, ms',
      'p99.9, ms',
      'max, ms',
      'not answered 200',
    ],
    rows,
  }
}
