import { setTimeout as delay } from 'node:timers/promises'
import { CUT, NO_CONNECTION } from './connections.ts'
import { atLeast, atMost, told, type Figure } from './figures.ts'
import { countStatus } from './load.ts'
import { startStage, type Orders } from './stage.ts'

const CONNECTIONS = 300
const LEAST_IN_FLIGHT = 200
const EXIT_LIMIT_S = 10
/** Long enough for requests to pile up, shorter than ingest waits for Kafka. */
const FREEZE_MS = 1_500

/**
 * Ingest gets SIGTERM while hundreds of requests wait for Kafka, which is frozen for a moment so that
 * they surely do. Connections are not opened anew after their last answer, as behind a balancer that
 * asks /health/ready.
 */
export async function sigterm({ seed, say }: Orders): Promise<readonly Figure[]> {
  await using stage = await startStage({
    name: 'sigterm',
    eventsPerRequest: 1,
    maxConnections: CONNECTIONS,
    say,
  })
  const { load, pipeline, stack, connections } = stage
  const groupId = (n: number): string => `account_${(seed + n) % 500}`
  await connections.warm(CONNECTIONS)
  await load.offer({ requestsPerSecond: 100, seconds: 5, groupId })
  say('under load: 100 requests/s')
  const stopping = new AbortController()
  const steady = load.offer({
    requestsPerSecond: 300,
    seconds: 60,
    groupId,
    signal: stopping.signal,
  })
  stack.kafka.kill('SIGSTOP')
  for (let waited = 0; connections.busy < LEAST_IN_FLIGHT + 20 && waited < 5_000; waited += 5) {
    await delay(5)
  }
  const inFlight = connections.busy
  say(`SIGTERM with ${inFlight} requests in flight`)
  const termAt = performance.now()
  pipeline.ingest.kill('SIGTERM')
  const exiting = pipeline.ingest.exited.then((code) => ({ code, at: performance.now() }))
  setTimeout(() => stack.kafka.kill('SIGCONT'), FREEZE_MS).unref()
  await delay(100)
  // As a balancer would: no new connections to what says that it is not ready.
  stopping.abort()
  const { samples } = await steady
  const { code, at } = await exiting
  const after = samples.filter(({ sentAtMs, ms }) => sentAtMs + ms > termAt)
  const notLast = after.filter(({ status, isLast }) => status > 0 && !isLast).length
  return [
    atLeast('requests in flight at SIGTERM', inFlight, LEAST_IN_FLIGHT),
    told('answered after SIGTERM: 200, 503', answers(after)),
    atMost('cut without an answer', countStatus(samples, CUT), 0),
    atMost('answers without Connection: close', notLast, 0),
    told('could not connect', countStatus(samples, NO_CONNECTION)),
    atMost('exit code', code, 0),
    atMost('SIGTERM → exit', (at - termAt) / 1_000, EXIT_LIMIT_S, ' s'),
    ...(await stage.compare()),
  ]
}

function answers(samples: Parameters<typeof countStatus>[0]): string {
  return `${countStatus(samples, 200)}, ${countStatus(samples, 503)}`
}
