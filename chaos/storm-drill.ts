import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { partitionOf } from '@custom-events/event'
import { stirGroup } from './rebalance-storm.ts'
import { createRandom } from './random.ts'
import { eventEncoder } from './refused.ts'
import { CONSUMERS, startWorld, type World } from './world.ts'

const CALM_MS = 30_000
/** Produced before anybody consumes, and kept up as far as possible. */
const WAITING = 400_000
const RECORDS_AT_ONCE = 5_000
const ACCOUNTS = 200
const CONSUMER_NAMES = Array.from({ length: CONSUMERS }, (_, index) => `consumer-${index + 1}`)
/** Of what is inserted when nobody joins or leaves. */
const LEAST_SHARE = 0.25

/**
 * How much is inserted while a member joins or leaves every two to three seconds, against how much
 * before. More waits in Kafka all the time than the consumers can insert.
 * @returns whether it is a quarter at least.
 */
export async function drillStorm(options: {
  readonly seed: number
  readonly stormMs: number
  readonly say: (line: string) => void
  readonly print: (text: string) => void
}): Promise<boolean> {
  const { seed, stormMs, say, print } = options
  const folder = mkdtempSync(join(tmpdir(), `custom-events-storm-${seed}-`))
  const filling = new AbortController()
  try {
    await using world = await startWorld({ seed, folder, onProgress: say, brokers: 1 })
    for (const name of CONSUMER_NAMES) await world.supervisor.remove(name)
    const backlog = startBacklog(world, filling.signal)
    while (backlog.waiting() < WAITING) await delay(500)
    for (const name of CONSUMER_NAMES) await world.startConsumer(name)
    while ((await rows(world)) === 0) await delay(500)
    say(`undisturbed for ${CALM_MS / 1_000} s`)
    const calm = await rate(world, () => delay(CALM_MS))
    say(`storm for ${stormMs / 1_000} s`)
    let changes = 0
    const stormy = await rate(world, async () => {
      changes = await stirGroup({
        ms: stormMs,
        signal: filling.signal,
        random: createRandom(seed, 'storm'),
        join: () => world.startConsumer('joining'),
        leave: () => world.supervisor.remove('joining'),
      })
    })
    const left = backlog.waiting()
    filling.abort()
    await backlog.done
    const share = stormy / calm
    print(
      `undisturbed: ${Math.round(calm)} rows/s over ${CALM_MS / 1_000} s\n` +
        `in the storm: ${Math.round(stormy)} rows/s over ${stormMs / 1_000} s, ${changes} times a member joined or left\n` +
        `${left} records still waited at the end\n` +
        `progress in the storm: ${Math.round(100 * share)} %, at least ${100 * LEAST_SHARE} % wanted; seed ${seed}`,
    )
    return left > 0 && share >= LEAST_SHARE
  } finally {
    filling.abort()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Rows inserted per second while something goes on. */
async function rate(world: World, during: () => Promise<unknown>): Promise<number> {
  const [before, startedAt] = [await rows(world), performance.now()]
  await during()
  return ((await rows(world)) - before) / ((performance.now() - startedAt) / 1_000)
}

async function rows({ questions }: World): Promise<number> {
  const [[count = '0'] = []] = await questions.ask('SELECT count() FROM events')
  return Number(count)
}

/** Produces until so many records wait for the consumers, and again when there are fewer. */
function startBacklog(
  world: World,
  signal: AbortSignal,
): { readonly waiting: () => number; readonly done: Promise<void> } {
  let produced = 0
  let inserted = 0
  const waiting = (): number => produced - inserted
  const run = async (): Promise<void> => {
    const topic = world.topics.tracked
    const encode = await eventEncoder(world.stack.registry.url, topic)
    while (!signal.aborted) {
      inserted = await rows(world)
      if (waiting() >= WAITING) await delay(500)
      else {
        const records = Array.from({ length: RECORDS_AT_ONCE }, (_, index) => {
          const groupId = `account_${index % ACCOUNTS}`
          const name = { event_id: `storm.${produced + index}`, event: 'used', group_id: groupId }
          const partition = partitionOf(groupId, world.partitions)
          return { topic, partition, key: Buffer.from(groupId), value: encode(name) }
        })
        const outcomes = await world.producer.produce(records)
        produced += outcomes.filter(({ status }) => status === 'acknowledged').length
      }
    }
  }
  return { waiting, done: run() }
}
