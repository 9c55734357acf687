import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { availableParallelism, setPriority } from 'node:os'
import { CUT, NO_CONNECTION } from './connections.ts'
import { atLeast, atMost, median, p99, told, type Figure } from './figures.ts'
import { acceptedMs, countStatus } from './load.ts'
import { startStage, type Orders, type Stage } from './stage.ts'

/** What Segment's SDKs for servers send at most when they are busy (Python: `flush_at` 100). */
const EVENTS_PER_REQUEST = 100
const FACTOR = 10
const CONNECTIONS = 2_000
const REFUSAL_LIMIT_MS = 50
const CALIBRATION_SECONDS = 6
/** Clients in a closed loop; more are tried as long as each step brings so much. */
const CLIENTS = [2, 4, 8, 16, 32, 64]
const LEAST_GAIN = 1.03
/** For the generator, so that Kafka, ClickHouse and the consumer have their core first. */
const LOW_PRIORITY = 10

/** Ten times what ingest can take, at a fixed rate, whatever it answers. */
export async function overload({ minutes, seed, say }: Orders): Promise<readonly Figure[]> {
  const seconds = (minutes ?? 1) * 60
  await using stage = await startStage({
    name: 'overload',
    eventsPerRequest: EVENTS_PER_REQUEST,
    maxConnections: CONNECTIONS,
    say,
  })
  giveIngestACore(stage)
  const { load } = stage
  await load.saturate(4, CALIBRATION_SECONDS) // warm: compiled code on both sides
  const peak = await findPeak(stage)
  const requestsPerSecond = peak.rate * FACTOR
  say(
    `peak ${peak.rate.toFixed(0)} requests/s of ${EVENTS_PER_REQUEST} events; now ${FACTOR} times that`,
  )
  await stage.connections.warm(CONNECTIONS)
  const groupId = (n: number): string => `account_${(seed + n) % 500}`
  const cpuBefore = processorSeconds(stage.pipeline.ingest.pid)
  const offered = await load.offer({ requestsPerSecond, seconds, groupId })
  const { samples, withheld, behindP99Ms } = offered
  const refused = samples.filter(({ code }) => code === 'overloaded')
  const late = samples.filter(({ code }) => code === 'kafka_unavailable').length
  const accepted = countStatus(samples, 200)
  const goodput = accepted / offered.seconds
  const cpu = processorSeconds(stage.pipeline.ingest.pid) - cpuBefore
  await delay(1_000)
  return [
    told('peak', peak.rate * EVENTS_PER_REQUEST, ' events/s'),
    told('sent ÷ peak', samples.length / offered.seconds / peak.rate),
    told('withheld: all connections busy', (withheld / (withheld + samples.length)) * 100, ' %'),
    told('generator late, p99', behindP99Ms, ' ms'),
    atLeast('goodput ÷ peak', goodput / peak.rate, 0.8),
    told('the same per second of ingest’s processor time', accepted / cpu / peak.perCpuSecond),
    told('ingest had of its core: at the peak', peak.coreShare * 100, ' %'),
    told('ingest had of its core: in overload', (cpu / offered.seconds) * 100, ' %'),
    told('refused, per request taken', refused.length / accepted),
    told('accepted: p99', p99(acceptedMs(samples)), ' ms'),
    told('Kafka did not acknowledge in time', (late / samples.length) * 100, ' %'),
    told('refused as overloaded', (refused.length / samples.length) * 100, ' %'),
    told('refused: median', median(refused.map(({ ms }) => ms)), ' ms'),
    atMost('refused: p99', p99(refused.map(({ ms }) => ms)), REFUSAL_LIMIT_MS, ' ms'),
    atMost('cut without an answer', countStatus(samples, CUT), 0),
    told('could not connect', countStatus(samples, NO_CONNECTION)),
    ...(await stage.compare()),
  ]
}

interface Peak {
  /** Requests per second. */
  readonly rate: number
  /** Requests per second of processor time. */
  readonly perCpuSecond: number
  /** What ingest had of a core; less than all when other programs had it. */
  readonly coreShare: number
}

/** The most that is accepted, whatever the number of clients. */
async function findPeak({ load, pipeline, say }: Stage): Promise<Peak> {
  let peak: Peak = { rate: 0, perCpuSecond: 0, coreShare: 0 }
  for (const clients of CLIENTS) {
    const cpuBefore = processorSeconds(pipeline.ingest.pid)
    const { samples, seconds } = await load.saturate(clients, CALIBRATION_SECONDS)
    const rate = countStatus(samples, 200) / seconds
    say(
      `${clients} clients: ${rate.toFixed(0)} requests/s, p99 ${p99(acceptedMs(samples)).toFixed(1)} ms`,
    )
    const cpu = processorSeconds(pipeline.ingest.pid) - cpuBefore
    const perCpuSecond = (rate * seconds) / cpu
    const isGrowing = rate > peak.rate * LEAST_GAIN
    if (rate > peak.rate) peak = { rate, perCpuSecond, coreShare: cpu / seconds }
    if (!isGrowing) break
  }
  return peak
}

/** The last core is ingest's; the generator, Kafka and the rest share the others. */
function giveIngestACore({ pipeline, stack }: Stage): void {
  const last = availableParallelism() - 1
  if (last === 0) return
  pin(pipeline.ingest.pid, String(last))
  const others = [...pipeline.consumers, stack.kafka, stack.registry, stack.clickhouse]
  for (const pid of [process.pid, ...others.map((each) => each.pid)]) pin(pid, `0-${last - 1}`)
  setPriority(process.pid, LOW_PRIORITY)
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' })
}

/** User and system time of a process so far (Linux, /proc/PID/stat; a tick is 10 ms). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
