import { cpuSeconds } from '../../bench/cpu-time.ts'
import { CUT, NO_CONNECTION } from './connections.ts'
import { atLeast, atMost, median, p99, told, type Figure } from './figures.ts'
import { acceptedMs, countStatus, type Offered } from './load.ts'
import { startStage, type Orders, type Stage } from './stage.ts'

/**
 * A backfill, or a server that forwards events, sends so many at a time, compressed. A refused request costs
 * ingest 30 µs and more however few events it holds, so with few of them the refusals take too much of its time.
 */
const EVENTS_PER_REQUEST = 1_000
const FACTOR = 10
const CONNECTIONS = 2_000
const REFUSAL_LIMIT_MS = 50
const [WARM_CLIENTS, WARM_SECONDS] = [8, 8]
/** Clients in a closed loop; more are tried as long as each step brings so much. */
const CLIENTS = [2, 4, 8, 16, 32, 64]
const LEAST_GAIN = 1.03
const STEP_SECONDS = 4
const PEAK_SECONDS = 10

/** Ten times what ingest can take, at a fixed rate, whatever it answers; what it refuses is sent again. */
export async function overload({ minutes, events, seed, say }: Orders): Promise<readonly Figure[]> {
  const eventsPerRequest = events ?? EVENTS_PER_REQUEST
  await using stage = await startStage({
    name: 'overload',
    eventsPerRequest,
    encoding: 'gzip',
    maxConnections: CONNECTIONS,
    say,
  })
  const { load, pipeline } = stage
  using held = holdConsumers(stage)
  await load.saturate(WARM_CLIENTS, WARM_SECONDS) // compiled code on all sides
  const clients = await findClients(stage)
  const before = await measurePeak(stage, clients, PEAK_SECONDS)
  say(
    `peak: ${before.rate.toFixed(0)} requests/s of ${eventsPerRequest} events; now ${FACTOR} times`,
  )
  await stage.connections.warm(CONNECTIONS)
  const flooding = await watchProcessor(pipeline.ingest.pid, () =>
    load.offer({
      requestsPerSecond: before.rate * FACTOR,
      seconds: (minutes ?? 1) * 60,
      groupId: (n) => `account_${(seed + n) % 500}`,
      isRepeated: true,
    }),
  )
  const after = await measurePeak(stage, clients, PEAK_SECONDS)
  say(`peak afterwards: ${after.rate.toFixed(0)} requests/s`)
  held[Symbol.dispose]()
  return [...figuresOf({ before, flooding, after, eventsPerRequest }), ...(await stage.compare())]
}

interface Seen {
  readonly before: Peak
  readonly flooding: Watched<Offered>
  readonly after: Peak
  readonly eventsPerRequest: number
}

/** The machine is not the same all the time: a flood is compared with what lies before and after it. */
function figuresOf({ before, flooding, after, eventsPerRequest }: Seen): readonly Figure[] {
  const { samples, withheld, behindP99Ms, seconds } = flooding.result
  const peak = (before.rate + after.rate) / 2
  const accepted = countStatus(samples, 200)
  const refused = samples.filter(({ code }) => code === 'overloaded')
  const refusedMs = refused.map(({ ms }) => ms)
  const late = samples.filter(({ code }) => code === 'kafka_unavailable').length
  const eventsPerSecond = [before, after].map(({ rate }) => Math.round(rate * eventsPerRequest))
  const peakCpuMs = [before, after].map(({ cpuMs }) => cpuMs.toFixed(2))
  return [
    told('peak before, after', eventsPerSecond.join(', '), ' events/s'),
    told('sent ÷ peak', samples.length / seconds / peak),
    told('withheld: all connections busy', (withheld / (withheld + samples.length)) * 100, ' %'),
    told('generator late, p99', behindP99Ms, ' ms'),
    atLeast('goodput ÷ peak', accepted / seconds / peak, 0.8),
    told('processor time of ingest a request: before, after', peakCpuMs.join(', '), ' ms'),
    told('in overload, a request taken', flooding.cpuMs / accepted, ' ms'),
    told('refused, per request taken', refused.length / accepted),
    told('refused: median', median(refusedMs), ' ms'),
    atMost('refused: p99', p99(refusedMs), REFUSAL_LIMIT_MS, ' ms'),
    told('accepted: p99', p99(acceptedMs(samples)), ' ms'),
    told('Kafka did not acknowledge in time', (late / samples.length) * 100, ' %'),
    atMost('cut without an answer', countStatus(samples, CUT), 0),
    told('could not connect', countStatus(samples, NO_CONNECTION)),
  ]
}

interface Peak {
  /** Requests accepted per second. */
  readonly rate: number
  /** Ingest's processor time a request, in milliseconds. */
  readonly cpuMs: number
}

async function measurePeak(
  { load, pipeline }: Stage,
  clients: number,
  seconds: number,
): Promise<Peak> {
  const { result, cpuMs } = await watchProcessor(pipeline.ingest.pid, () =>
    load.saturate(clients, seconds),
  )
  const accepted = countStatus(result.samples, 200)
  return { rate: accepted / result.seconds, cpuMs: cpuMs / accepted }
}

/** How many clients in a closed loop get the most accepted. */
async function findClients(stage: Stage): Promise<number> {
  let best = { clients: 0, rate: 0 }
  for (const clients of CLIENTS) {
    const { rate } = await measurePeak(stage, clients, STEP_SECONDS)
    stage.say(`${clients} clients: ${rate.toFixed(0)} requests/s`)
    const isGrowing = rate > best.rate * LEAST_GAIN
    if (rate > best.rate) best = { clients, rate }
    if (!isGrowing) break
  }
  return best.clients
}

/**
 * Ingest is what is looked at: on a machine of few cores the consumers and ClickHouse would take them from it.
 * Let go, they find that they were declared dead, join anew and read everything that has been accepted.
 */
function holdConsumers({ pipeline }: Stage): Disposable {
  for (const consumer of pipeline.consumers) consumer.kill('SIGSTOP')
  return {
    [Symbol.dispose]: () => {
      for (const consumer of pipeline.consumers) consumer.kill('SIGCONT')
    },
  }
}

interface Watched<T> {
  readonly result: T
  /** Processor time of the process meanwhile. */
  readonly cpuMs: number
}

async function watchProcessor<T>(pid: number, work: () => Promise<T>): Promise<Watched<T>> {
  const before = cpuSeconds(pid)
  const result = await work()
  return { result, cpuMs: (cpuSeconds(pid) - before) * 1_000 }
}
