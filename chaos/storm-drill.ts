import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { partitionOf } from '@custom-events/event'
import { stirGroup } from './rebalance-storm.ts'
import { createRandom } from './random.ts'
import { eventEncoder } from './refused.ts'
import { startWorld, type World } from './world.ts'

const CALM_MS = 30_000
const MOST_WAITING = 100_000
const RECORDS_AT_ONCE = 2_000
const ACCOUNTS = 200
/** Of what is inserted when nobody joins or leaves. */
const LEAST_SHARE = 0.25

/**
 * How much is inserted while a member joins or leaves every two to three seconds, against how much
 * before. There is always more waiting in Kafka than the consumers can insert.
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
    const filled = fill(world, filling.signal)
    while ((await rows(world)) === 0) await delay(500)
    say(`undisturbed for ${CALM_MS / 1_000} s`)
    const calm = await rate(world, async () => void (await delay(CALM_MS)))
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
    filling.abort()
    await filled
    const share = stormy / calm
    print(
      `undisturbed: ${Math.round(calm)} rows/s over ${CALM_MS / 1_000} s\n` +
        `in the storm: ${Math.round(stormy)} rows/s over ${stormMs / 1_000} s, ${changes} times a member joined or left\n` +
        `progress in the storm: ${Math.round(100 * share)} %, at least ${100 * LEAST_SHARE} % wanted; seed ${seed}`,
    )
    return share >= LEAST_SHARE
  } finally {
    filling.abort()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Rows inserted per second while something goes on. */
async function rate(world: World, during: () => Promise<void>): Promise<number> {
  const [before, startedAt] = [await rows(world), performance.now()]
  await during()
  return ((await rows(world)) - before) / ((performance.now() - startedAt) / 1_000)
}

async function rows({ questions }: World): Promise<number> {
  const [[count = '0'] = []] = await questions.ask('SELECT count() FROM events')
  return Number(count)
}

/** Keeps so many records waiting for the consumers. */
async function fill(world: World, signal: AbortSignal): Promise<void> {
  const topic = world.topics.tracked
  const encode = await eventEncoder(world.stack.registry.url, topic)
  let produced = 0
  while (!signal.aborted) {
    if (produced - (await rows(world)) > MOST_WAITING) {
      await delay(100)
      continue
    }
    const records = Array.from({ length: RECORDS_AT_ONCE }, () => {
      const number = produced++
      const groupId = `account_${number % ACCOUNTS}`
      return {
        topic,
        partition: partitionOf(groupId, world.partitions),
        key: Buffer.from(groupId),
        value: encode({ event_id: `storm.${number}`, event: 'feature_used', group_id: groupId }),
      }
    })
    await world.producer.produce(records)
  }
}
