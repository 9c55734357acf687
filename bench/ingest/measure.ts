import { bodyOf, pathOf, type BodyShape } from '../bodies.ts'
import { cpuSeconds } from '../cpu-time.ts'
import { loadClosedLoop } from '../load.ts'
import { cpuSecondsOfTree, memoryBytesOfTree } from '../process-tree.ts'
import type { MeasuredServer, Workbench } from './servers.ts'

/** One load on one server. */
export interface Case {
  readonly server: MeasuredServer
  readonly shape: BodyShape
  readonly connections: number
}

/** What one round of a case saw; CPU in microseconds per accepted event. */
export interface Seen {
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  readonly serverCpuMicros: number
  readonly kafkaCpuMicros: number
  readonly loadCpuMicros: number
  /** Of one core: near 100 % it is the server that was measured. With workers it may be more. */
  readonly serverBusyPercent: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly megabytesPerSecond: number
  readonly memoryMegabytes: number
}

/**
 * Loads the server for so long and checks every answer: each must be 200 with all its events accepted, and
 * Kafka must hold them.
 *
 * @throws when one is not so: figures of wrong answers are worth nothing.
 */
export async function measureCase(
  bench: Workbench,
  { server, shape, connections }: Case,
  seconds: number,
): Promise<Seen> {
  const { topic } = server
  const url = server.url + pathOf(shape)
  await takeOne(url, shape)
  const storedBefore = topic === null ? 0 : await bench.storedIn(topic)
  const before = [cpuSecondsOfTree(server.pid), cpuSeconds(bench.kafkaPid)] as const
  const answers = await loadClosedLoop({
    url,
    shape,
    connections,
    seconds,
    isOnAllCores: bench.cores === 'shared',
  })
  const serverCpu = cpuSecondsOfTree(server.pid) - before[0]
  const kafkaCpu = cpuSeconds(bench.kafkaPid) - before[1]

  const { accepted, notOk } = answers
  if (notOk > 0 || accepted === 0) {
    throw new Error(`${url}: ${accepted} events accepted, ${notOk} answers were not as expected`)
  }
  if (topic !== null) {
    const stored = (await bench.storedIn(topic)) - storedBefore
    // When the time is over, requests are cut whose events are kept although nobody reads the answer.
    const unread = connections * shape.eventsPerBody
    if (stored < accepted || stored > accepted + unread) {
      throw new Error(`${topic}: ${accepted} events accepted, ${stored} records in Kafka`)
    }
  }
  const perEvent = (cpu: number): number => (cpu * 1e6) / accepted
  return {
    requestsPerSecond: answers.requestsPerSecond,
    eventsPerSecond: answers.requestsPerSecond * shape.eventsPerBody,
    serverCpuMicros: perEvent(serverCpu),
    kafkaCpuMicros: topic === null ? 0 : perEvent(kafkaCpu),
    loadCpuMicros: perEvent(answers.cpuSeconds),
    serverBusyPercent: (serverCpu / answers.seconds) * 100,
    p50Ms: answers.latencyMs.p50,
    p99Ms: answers.latencyMs.p99,
    megabytesPerSecond: (answers.requestsPerSecond * bodyOf(shape, 0).length) / 1e6,
    memoryMegabytes: memoryBytesOfTree(server.pid) / 1e6,
  }
}

/** One request by itself: a refusal is told in the server's own words, and nobody measures a cold start. */
async function takeOne(url: string, shape: BodyShape): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(shape.isGzipped ? { 'content-encoding': 'gzip' } : {}),
    },
    body: bodyOf(shape, 0),
    signal: AbortSignal.timeout(FIRST_ANSWER_MS),
  })
  const text = await response.text()
  if (!response.ok || !text.includes(`"accepted":${shape.eventsPerBody}`)) {
    throw new Error(
      `${url} answered ${response.status} to the first request: ${text.slice(0, 500)}`,
    )
  }
}

const FIRST_ANSWER_MS = 30_000
