import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Program } from '@custom-events/embedded'
import { memoryBytes } from '../../bench/memory.ts'
import { acceptedMs, type Offered, type Sample } from './load.ts'
import { atLeast, atMost, median, p99, told, type Figure } from './figures.ts'
import { startStage, type Orders, type Stage } from './stage.ts'

const REQUESTS_PER_SECOND = 300
const WARM_SECONDS = 10
const BEFORE_SECONDS = 60
const WINDOW_MS = 5_000
/** With the default MEMORY_BUDGET_BYTES; docs/operators.md tells people to plan with it. */
const MEMORY_LIMIT_MB = 512
/** The longest pause between two attempts of a consumer is 30 s. */
const FIRST_ROW_LIMIT_S = 35

/** ClickHouse is killed for some minutes under load, and comes back. */
export async function clickhouseAway({ minutes, seed, say }: Orders): Promise<readonly Figure[]> {
  const awaySeconds = (minutes ?? 1) * 60
  await using stage = await startStage({
    name: 'clickhouse-away',
    eventsPerRequest: 1,
    consumers: 2,
    say,
  })
  const offer = (seconds: number, signal?: AbortSignal): Promise<Offered> =>
    stage.load.offer({
      requestsPerSecond: REQUESTS_PER_SECOND,
      seconds,
      groupId: (n) => `account_${(seed + n) % 500}`,
      ...(signal === undefined ? {} : { signal }),
    })
  await offer(WARM_SECONDS)
  say(`before: ${REQUESTS_PER_SECOND} events/s for ${BEFORE_SECONDS} s`)
  const before = await offer(BEFORE_SECONDS)
  const changesBefore = groupChanges(stage.pipeline.consumers)
  const rowsBefore = await countRows(stage)

  say(`ClickHouse is killed, for ${awaySeconds} s`)
  stage.stack.clickhouse.kill('SIGKILL')
  const memory = watchMemory(stage)
  const during = await offer(awaySeconds)
  const mostMegabytes = memory.stop()

  say('ClickHouse is started again; the load goes on')
  const stopping = new AbortController()
  const later = offer(600, stopping.signal)
  await stage.stack.clickhouse.restart()
  const drain = await watchDrain(stage, rowsBefore)
  stopping.abort()
  const after = await later
  const away = windowP99(during.samples)
  const usual = windowP99(before.samples)
  const all = [before, during, after].flatMap(({ samples }) => samples)
  return [
    told('ingest p99 before (median of 5 s windows)', usual, ' ms'),
    told('ingest p99 while away (median of 5 s windows)', away, ' ms'),
    atMost('p99 while away ÷ before', away / usual, 1.2),
    // Faster is no harm, but says that the two were not measured on the same machine.
    atLeast('p99 while away ÷ before', away / usual, 0.8),
    told('p99 over all, before → away', overall(before, during)),
    atMost('refused or unanswered', all.filter(({ status }) => status !== 200).length, 0),
    told('refused, by code', byCode(all)),
    atMost('rebalances', groupChanges(stage.pipeline.consumers) - changesBefore, 0),
    atMost('ingest memory, most', mostMegabytes.ingest, MEMORY_LIMIT_MB, ' MB'),
    atMost('consumer memory, most', mostMegabytes.consumer, MEMORY_LIMIT_MB, ' MB'),
    told('backlog when it was back', drain.backlog, ' events'),
    atMost('back → first row', drain.firstRowSeconds, FIRST_ROW_LIMIT_S, ' s'),
    told('first row → backlog gone', drain.seconds, ' s'),
    atLeast('drained ÷ arrival rate', drain.rowsPerSecond / REQUESTS_PER_SECOND, 10),
    ...(await stage.compare()),
  ]
}

/** Empty: no answer. */
function byCode(samples: readonly Sample[]): string {
  const refused = samples.filter(({ status }) => status !== 200)
  const counts = [...Map.groupBy(refused, ({ code }) => code)]
  return counts.map(([code, each]) => `${each.length} ${code}`).join(', ') || 'none'
}

function overall(before: Offered, during: Offered): string {
  const [one, two] = [before, during].map(({ samples }) => p99(acceptedMs(samples)).toFixed(1))
  return `${one} → ${two} ms`
}

/** The middle of the windows' p99: one second in which something else had the machine does not decide. */
function windowP99(samples: readonly Sample[]): number {
  const windows = Map.groupBy(samples, ({ sentAtMs }) => Math.floor(sentAtMs / WINDOW_MS))
  return median([...windows.values()].map((each) => p99(acceptedMs(each))))
}

/** Each change of the group's membership ends an assignment and begins another. */
function groupChanges(consumers: readonly Program[]): number {
  return consumers.reduce((sum, { logFile }) => {
    const lines = readFileSync(logFile, 'utf8').split('\n')
    return sum + lines.filter((line) => line.includes('"partitions assigned"')).length
  }, 0)
}

function watchMemory({ pipeline }: Stage) {
  const most = { ingest: 0, consumer: 0 }
  const look = (): void => {
    most.ingest = Math.max(most.ingest, memoryBytes(pipeline.ingest.pid) / 1e6)
    for (const { pid } of pipeline.consumers) {
      most.consumer = Math.max(most.consumer, memoryBytes(pid) / 1e6)
    }
  }
  const timer = setInterval(look, 1_000)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return most
    },
  }
}

async function countRows({ ask }: Stage): Promise<number> {
  const [row] = await ask('SELECT count() FROM events')
  return Number(row?.[0])
}

/** From the moment ClickHouse answers until all but the last two seconds of events are rows. */
async function watchDrain(stage: Stage, rowsBefore: number) {
  const startedAt = performance.now()
  const backlog = stage.load.accepted.size - (await countRows(stage))
  let first: { readonly at: number; readonly rows: number } | null = null
  let rows = rowsBefore
  for (;;) {
    const now = performance.now()
    const isLate = now - startedAt > 300_000
    const isDrained = stage.load.accepted.size - rows < 2 * REQUESTS_PER_SECOND
    if (first !== null && (isDrained || isLate)) {
      const seconds = (now - first.at) / 1_000
      return {
        backlog,
        firstRowSeconds: (first.at - startedAt) / 1_000,
        seconds,
        rowsPerSecond: isLate ? 0 : (rows - first.rows) / seconds,
      }
    }
    if (isLate) return { backlog, firstRowSeconds: Infinity, seconds: Infinity, rowsPerSecond: 0 }
    await delay(50)
    const seen = await countRows(stage)
    // The rows of the first insert belong to the drain: its time is that of the look before it.
    if (first === null && seen > rows) first = { at: now, rows }
    rows = seen
  }
}
