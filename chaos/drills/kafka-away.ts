import { setTimeout as delay } from 'node:timers/promises'
import { CUT, NO_CONNECTION } from './connections.ts'
import { atLeast, atMost, told, type Figure } from './figures.ts'
import { countStatus, type Sample } from './load.ts'
import { startStage, type Orders, type Stage } from './stage.ts'

const REQUESTS_PER_SECOND = 100
const ANSWER_LIMIT_MS = 7_500
const RECOVERY_LIMIT_S = 5
const CALM_SECONDS = 5

type Way = 'killed' | 'frozen'

/** Kafka is killed, and later frozen: connections to it stay open and nobody answers. */
export async function kafkaAway({ minutes, seed, say }: Orders): Promise<readonly Figure[]> {
  const awayMs = (minutes ?? 0.3) * 60_000
  await using stage = await startStage({
    name: 'kafka-away',
    eventsPerRequest: 1,
    maxConnections: 2_000,
    say,
  })
  let exits = 0
  void stage.pipeline.ingest.exited.then(() => (exits += 1))
  const figures: Figure[] = []
  for (const way of ['killed', 'frozen'] as const) {
    figures.push(...(await makeOutage(stage, { way, awayMs, seed })))
  }
  figures.push(atMost('exits of ingest', exits, 0))
  return [...figures, ...(await stage.compare())]
}

async function makeOutage(
  stage: Stage,
  { way, awayMs, seed }: { readonly way: Way; readonly awayMs: number; readonly seed: number },
): Promise<readonly Figure[]> {
  const { stack, load, say } = stage
  const stopping = new AbortController()
  const offering = load.offer({
    requestsPerSecond: REQUESTS_PER_SECOND,
    seconds: 600,
    groupId: (n) => `account_${(seed + n) % 500}`,
    signal: stopping.signal,
  })
  await delay(CALM_SECONDS * 1_000)
  say(`Kafka is ${way}, for ${awayMs / 1_000} s`)
  const awayAt = performance.now()
  stack.kafka.kill(way === 'killed' ? 'SIGKILL' : 'SIGSTOP')
  await delay(awayMs)
  say('Kafka comes back')
  if (way === 'killed') await stack.kafka.restart()
  else stack.kafka.kill('SIGCONT')
  const backAt = performance.now()
  await delay(15_000)
  stopping.abort()
  const { samples, withheld } = await offering
  return [...describe({ way, samples, awayAt, backAt }), atMost(`${way}: withheld`, withheld, 0)]
}

function describe(outage: {
  readonly way: Way
  readonly samples: readonly Sample[]
  readonly awayAt: number
  readonly backAt: number
}): readonly Figure[] {
  const { way, samples, awayAt, backAt } = outage
  const firstSuccess = samples.reduce((first, { status, sentAtMs, ms }) => {
    const answeredAt = sentAtMs + ms
    return status === 200 && answeredAt > backAt ? Math.min(first, answeredAt) : first
  }, Infinity)
  const slowest = samples.reduce((most, { ms }) => Math.max(most, ms), 0)
  const advice = (fromMs: number, toMs: number): readonly number[] =>
    samples.flatMap(({ status, sentAtMs, ms, retryAfter }) => {
      const atMs = sentAtMs + ms - awayAt
      const isIn = status === 503 && atMs >= fromMs && atMs < toMs && sentAtMs + ms < backAt
      return isIn && retryAfter !== null ? [retryAfter] : []
    })
  // The outage has its beginning where the first request failed: up to 5 s after Kafka went.
  const [early, late] = [advice(0, 9_000), advice(16_000, 60_000)]
  return [
    told(`${way}: answers 200, 503`, `${countStatus(samples, 200)}, ${countStatus(samples, 503)}`),
    atMost(`${way}: slowest answer`, slowest, ANSWER_LIMIT_MS, ' ms'),
    atMost(`${way}: cut without an answer`, countStatus(samples, CUT), 0),
    atMost(`${way}: could not connect`, countStatus(samples, NO_CONNECTION), 0),
    atMost(`${way}: back → first success`, (firstSuccess - backAt) / 1_000, RECOVERY_LIMIT_S, ' s'),
    atMost(`${way}: Retry-After at first, most`, Math.max(...early), 3, ' s'),
    ...(late.length === 0
      ? []
      : [
          atLeast(`${way}: Retry-After after 16 s, least`, Math.min(...late), 7, ' s'),
          atMost(`${way}: Retry-After after 16 s, most`, Math.max(...late), 13, ' s'),
        ]),
  ]
}
