import { setTimeout as delay } from 'node:timers/promises'
import { keptFigures } from '../../bench/pages.ts'
import { readScalingRule, type ScalingRule } from '../../bench/scale/autoscaler/scaled-object.ts'
import { DAY_SECONDS } from '../../bench/scale/simulation/day.ts'
import { dayCurve } from '../../bench/scale/simulation/scenario.ts'
import { costsOf } from '../../bench/sizing.ts'
import { startFaultProxy } from '../proxy.ts'
import { createRandom } from '../random.ts'
import { createCrew } from './crew.ts'
import { atLeast, atMost, told, type Figure } from './figures.ts'
import { startKeda, type Change } from './keda.ts'
import { startStage, type Orders, type Stage } from './stage.ts'

/**
 * All consumers share the cores of one machine here, and more of them insert no more than one. So each is made a fiftieth of what it is:
 * batches of a fiftieth of the rows, over a link with so much latency that an insert takes as long as a whole one.
 */
const SHARE = 50
const BATCH_MAX_ROWS = 100_000 / SHARE
const LINK_LATENCY_MS = 180
const EVENTS_PER_REQUEST = 50
/** Of what one consumer inserts. */
const PEAK = 2
const BACKLOG = 80_000
const BACKLOG_SECONDS = 4
const CALIBRATION_SECONDS = 8
const CATCH_UP_LIMIT_MS = 90_000
const STEP_SECONDS = 5
const DAY_MINUTES = 2.5
/** The rule's windows are as much shorter in a day of that length; a shorter day is a faster one. */
const PACE = 10
const FIRST_HOUR = 4

/** A day from one night to the next: the ScaledObject's rule, run over real consumers. */
export async function scaling({ minutes, seed, say }: Orders): Promise<readonly Figure[]> {
  const daySeconds = (minutes ?? DAY_MINUTES) * 60
  const pace = PACE * (DAY_MINUTES / (daySeconds / 60))
  let clickhousePort = 0
  await using link = await startFaultProxy({ port: () => clickhousePort, random: createRandom(seed, 'link') }) // prettier-ignore
  await using stage = await startStage({
    name: 'scaling',
    eventsPerRequest: EVENTS_PER_REQUEST,
    environment: ({ clickhouse }) => {
      clickhousePort = Number(new URL(clickhouse.url).port)
      return { CLICKHOUSE_URL: `http://127.0.0.1:${link.port}`, BATCH_MAX_ROWS: String(BATCH_MAX_ROWS) } // prettier-ignore
    },
    say,
  })
  link.set({ kind: 'latency', ms: LINK_LATENCY_MS })
  const capacity = await rowsOfOne(stage)
  const written = readScalingRule()
  const whole = costsOf(keptFigures('ingest'), keptFigures('consumer')).perSecond.consumer
  const rule = { ...written, lagThreshold: written.lagThreshold * (capacity / whole) }
  say(`one consumer inserts ${capacity.toFixed(0)} rows/s: one for ${rule.lagThreshold.toFixed(0)} records of lag, the clock ${pace.toFixed(1)} times as fast`) // prettier-ignore

  const crew = createCrew(stage.pipeline)
  await using keda = startKeda({ rule, pace, environment: stage.pipeline.environment, crew, say })
  const peak = capacity * PEAK
  const refused = await offerDay(stage, { seed, peak, daySeconds })
  const nightRefused = await offerNight(stage, {
    seed,
    rate: peak * shareAt(0),
    isOver: () => crew.size <= rule.minReplicas,
    mostSeconds: (rule.down.windowSeconds + stepsDown(rule, keda.changes)) / pace + STEP_SECONDS,
  })
  await keda[Symbol.asyncDispose]()
  await crew.settle()
  return [
    told('rows/s of one consumer here', capacity),
    told('peak of the day', peak, ' events/s'),
    told('consumers, after so many seconds', courseOf(keda.changes)),
    atLeast('consumers, most', Math.max(...keda.changes.map(({ to }) => to), 0), 4),
    atMost('consumers, at the end', crew.size, rule.minReplicas),
    atMost('times that up became down or down up', turnsOf(keda.changes), 1),
    told('lag, most', keda.lag(), ' records'),
    told('looks at Kafka without an answer', keda.unanswered()),
    told('requests refused or unanswered, sent again', refused + nightRefused),
    ...(await stage.compare()),
  ]
}

/** With more than it inserts before it, one consumer shows what it can; then it catches up. */
async function rowsOfOne(stage: Stage): Promise<number> {
  const { load, ask, say } = stage
  const count = async (): Promise<number> => Number((await ask('SELECT uniqExact(event_id) FROM events'))[0]?.[0]) // prettier-ignore
  say('a backlog for one consumer')
  await offerFor(stage, { seed: 0, rate: BACKLOG / BACKLOG_SECONDS, seconds: BACKLOG_SECONDS })
  const backlog = load.accepted.size * EVENTS_PER_REQUEST
  const [before, startedAt] = [await count(), performance.now()]
  await delay(CALIBRATION_SECONDS * 1_000)
  const [after, seconds] = [await count(), (performance.now() - startedAt) / 1_000]
  if (after >= backlog) {
    throw new Error(
      `one consumer inserted all ${backlog} rows within ${CALIBRATION_SECONDS} s: is its link slow, are its batches ${BATCH_MAX_ROWS} rows?`,
    )
  }
  const deadline = performance.now() + CATCH_UP_LIMIT_MS
  while ((await count()) < backlog) {
    if (performance.now() > deadline) throw new Error(`a backlog of ${backlog} was not inserted in ${CATCH_UP_LIMIT_MS / 1_000} s`) // prettier-ignore
    await delay(200)
  }
  return (after - before) / seconds
}

/** The curve's square: of the day's share of the peak, so that the night is a sixteenth. */
function shareAt(partOfDay: number): number {
  return dayCurve(FIRST_HOUR * 3_600 + partOfDay * DAY_SECONDS) ** 2
}

async function offerDay(
  stage: Stage,
  { seed, peak, daySeconds }: { readonly seed: number; readonly peak: number; readonly daySeconds: number }, // prettier-ignore
): Promise<number> {
  const startedAt = performance.now()
  let refused = 0
  for (;;) {
    const part = (performance.now() - startedAt) / 1_000 / daySeconds
    if (part >= 1) return refused
    refused += await offerFor(stage, { seed, rate: peak * shareAt(part), seconds: STEP_SECONDS })
  }
}

/** The window that holds what the day wanted, and then as long as one after the other takes to leave. */
function stepsDown({ down }: ScalingRule, changes: readonly Change[]): number {
  const most = Math.max(1, ...changes.map(({ to }) => to))
  return Math.max(...down.policies.map(({ pods, periodSeconds }) => (most / pods) * periodSeconds))
}

/** Until as few are left as there shall be, or it has taken too long. */
async function offerNight(
  stage: Stage,
  night: {
    readonly seed: number
    readonly rate: number
    readonly isOver: () => boolean
    readonly mostSeconds: number
  },
): Promise<number> {
  const until = performance.now() + night.mostSeconds * 1_000
  let refused = 0
  while (!night.isOver() && performance.now() < until) {
    refused += await offerFor(stage, { ...night, seconds: STEP_SECONDS })
  }
  return refused
}

/** @returns how many requests were not accepted; they were sent again. */
async function offerFor(
  { load }: Stage,
  {
    seed,
    rate,
    seconds,
  }: { readonly seed: number; readonly rate: number; readonly seconds: number },
): Promise<number> {
  const { samples } = await load.offer({
    requestsPerSecond: rate / EVENTS_PER_REQUEST,
    seconds,
    groupId: (n) => `account_${(seed + n) % 500}`,
    isRepeated: true,
  })
  return samples.filter(({ status }) => status !== 200).length
}

/** `1 → 4 (35 s) → 3 (90 s)`. */
function courseOf(changes: readonly Change[]): string {
  const first = changes[0]?.from ?? 1
  return [String(first), ...changes.map(({ to, atSeconds }) => `${to} (${atSeconds.toFixed(0)} s)`)].join(' → ') // prettier-ignore
}

export function turnsOf(changes: readonly Change[]): number {
  const ways = changes.map(({ from, to }) => Math.sign(to - from))
  return ways.filter((way, index) => index > 0 && way !== ways[index - 1]).length
}
