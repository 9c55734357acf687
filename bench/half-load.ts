import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPipeline, startStack, type Pipeline } from '@custom-events/embedded'
import { SINGLE } from './bodies.ts'
import type { Figures } from './figures.ts'
import { loadClosedLoop, loadOpenLoop } from './load.ts'
import type { BenchOptions } from './options.ts'
import { postEvent } from './post-event.ts'
import { quantile } from './quantile.ts'
import { tell } from '../tools/plot/tell.ts'
import { createAsk, delaysOf, drained, watchRows, type Sent } from './visible.ts'

const BATCH = { ...SINGLE, eventsPerBody: 100 }
const CONNECTIONS = 16
const PROBES_EVERY_MS = 50
const PROBE = 'bench_probe'
const ROWS_LIMIT_MS = 180_000

/**
 * Accepted → queryable when events come at half the rate that the whole pipeline keeps up with. That rate is
 * found first: batches as fast as they are answered, counted until the last row is there.
 */
export async function benchHalfLoad(options: BenchOptions): Promise<Figures> {
  await using resources = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-bench-'))
  resources.defer(() => rmSync(logDir, { recursive: true }))
  const stack = resources.use(
    await startStack({ tuned: true, kafkaHeapMegabytes: 1_024, onProgress: options.say }),
  )
  const pipeline = resources.use(await startPipeline({ servers: stack.environment, logDir }))
  const ask = createAsk(stack.environment)
  const countRows = async (): Promise<number> => {
    const [row] = await ask(
      `SELECT count() AS rows FROM custom_events.tracked WHERE event != '${PROBE}'`,
    )
    return Number(row?.['rows'])
  }

  const full = await fullRate(pipeline, countRows, options)
  options.say(`the pipeline keeps up with ${tell(full.eventsPerSecond)} events/s`)
  const half = await halfRate(pipeline, ask, full.eventsPerSecond / 2, options)
  const rows = await untilRows(countRows, full.accepted + half.accepted)
  const delays = half.delaysMs.map((ms) => ms / 1_000)
  return {
    tables: [
      {
        name: 'delay',
        columns: [
          'load, events/s',
          'p50, s',
          'p95, s',
          'p99, s',
          'accepted',
          'rows',
          'probes',
          'probes lost',
        ],
        rows: [
          [
            Math.round(full.eventsPerSecond / 2),
            ...[0.5, 0.95, 0.99].map((q) => quantile(delays, q)),
            full.accepted + half.accepted,
            rows,
            delays.length,
            half.lost,
          ],
        ],
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `Everything shared all cores: the load, Kafka, ClickHouse, one ingest, one consumer. The whole way took ` +
        `${tell(full.eventsPerSecond)} events/s, in batches of 100; half of that is the load, with a single ` +
        `event every ${PROBES_EVERY_MS} ms as a probe. Rows are counted through \`tracked\`, each event once; ` +
        'there may be more than accepted, of requests whose answer nobody waited for.',
    ],
  }
}

type CountRows = () => Promise<number>

/** Events that were accepted, by the time from the first request to the last row. */
async function fullRate(pipeline: Pipeline, countRows: CountRows, options: BenchOptions) {
  const load = {
    url: `${pipeline.url}/track`,
    shape: BATCH,
    connections: CONNECTIONS,
    hasNewIds: true,
    isOnAllCores: true,
  }
  let known = 0
  if (options.warmUpSeconds > 0) {
    options.say('warming up')
    known += (await loadClosedLoop({ ...load, seconds: options.warmUpSeconds })).accepted
    known = await untilRows(countRows, known)
  }
  const startedAt = performance.now()
  const { accepted } = await loadClosedLoop({ ...load, seconds: 4 * options.secondsPerCase })
  const rows = await untilRows(countRows, known + accepted)
  const seconds = (performance.now() - startedAt) / 1_000
  return { accepted: rows, eventsPerSecond: (rows - known) / seconds }
}

/** @returns how many rows there are once there are enough and no more come. */
async function untilRows(countRows: CountRows, expected: number): Promise<number> {
  const deadline = Date.now() + ROWS_LIMIT_MS
  for (let before = -1; ; await delay(250)) {
    const rows = await countRows()
    if (rows >= expected && rows === before) return rows
    if (Date.now() > deadline) throw new Error(`${rows} rows of ${expected} accepted events`)
    before = rows
  }
}

async function halfRate(
  pipeline: Pipeline,
  ask: ReturnType<typeof createAsk>,
  eventsPerSecond: number,
  { secondsPerCase }: BenchOptions,
) {
  const sent = new Map<string, Sent>()
  const stopWatching = watchRows(ask, sent, `group_id = '${PROBE}'`)
  const seconds = 10 * secondsPerCase
  const [{ accepted }] = await Promise.all([
    loadOpenLoop({
      url: `${pipeline.url}/track`,
      shape: BATCH,
      connections: CONNECTIONS * 4,
      seconds,
      hasNewIds: true,
      isOnAllCores: true,
      requestsPerSecond: eventsPerSecond / BATCH.eventsPerBody,
    }),
    sendProbes(pipeline.url, sent, seconds),
  ])
  const lost = await drained(sent)
  await stopWatching()
  return { accepted, lost, delaysMs: delaysOf(sent) }
}

async function sendProbes(url: string, sent: Map<string, Sent>, seconds: number): Promise<void> {
  const endsAt = performance.now() + seconds * 1_000
  for (let n = 0; performance.now() < endsAt; n++) {
    const id = `probe-${n}`
    const event = { event: PROBE, event_id: id, group_id: PROBE, user_id: 'user_1' }
    const status = await postEvent(url, { ...event, timestamp: new Date().toISOString() })
    if (status === 200) sent.set(id, { acceptedAt: performance.now(), queryableAt: null })
    await delay(PROBES_EVERY_MS)
  }
}
