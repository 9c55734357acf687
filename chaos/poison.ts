import type { OutgoingRecord } from '@custom-events/kafka'
import { createRandom } from './random.ts'
import { refusedEncoder } from './refused.ts'
import type { World } from './world.ts'

/** A record that nobody can decode, or that only ClickHouse refuses, and that must come to rest in `dead_letters`, byte for byte. */
export interface Poison {
  readonly kind: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer | null
}

const KINDS = ['no_magic_byte', 'unknown_schema', 'malformed', 'truncated_frame', 'tombstone']

/** Poison number `number` of a run; its key makes it one of a kind. */
export function makePoison(seed: number, number: number, partition: number): Poison {
  const random = createRandom(seed, `poison ${number}`)
  const kind = KINDS[number % KINDS.length] ?? 'tombstone'
  const noise = Buffer.from(
    Array.from({ length: random.integer(1, 200) }, () => random.integer(0, 255)),
  )
  const frame = (schemaId: number): Buffer => {
    const header = Buffer.alloc(5)
    header.writeInt32BE(schemaId, 1)
    return header
  }
  const valueByKind: Readonly<Record<string, Buffer | null>> = {
    no_magic_byte: Buffer.concat([Buffer.from([7]), noise]),
    unknown_schema: Buffer.concat([frame(2_000_000_000), noise]),
    malformed: Buffer.concat([frame(1), Buffer.alloc(40, 0xff)]),
    truncated_frame: Buffer.from([0, 0]),
    tombstone: null,
  }
  return {
    kind,
    partition,
    key: Buffer.from(`poison-${seed}-${number}`),
    value: valueByKind[kind] ?? null,
  }
}

export interface PoisonStore {
  readonly injected: readonly Poison[]
  /** Writes that were repeated because nobody knew whether they had arrived. */
  readonly repeats: number
  inject(partition: number, signal: AbortSignal): Promise<void>
  /** Several at once that decode, and that only ClickHouse refuses. */
  injectRefused(
    where: { readonly partition: number; readonly count: number },
    signal: AbortSignal,
  ): Promise<void>
}

const AGAIN_AFTER_MS = 200

/** Puts poison on the topic and remembers it. */
export function createPoisonStore(
  seed: number,
  world: Pick<World, 'producer' | 'topics' | 'stack'>,
): PoisonStore {
  const injected: Poison[] = []
  let repeats = 0
  let encode: ((key: string) => Buffer) | null = null

  const again = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS))

  const put = async (poisons: readonly Poison[], signal: AbortSignal): Promise<void> => {
    injected.push(...poisons)
    const topic = world.topics.tracked
    let left = poisons.map(({ partition, key, value }): OutgoingRecord => ({
      topic,
      partition,
      key,
      value,
    }))
    while (!signal.aborted) {
      const outcomes = await world.producer.produce(left)
      left = left.filter((_, index) => outcomes[index]?.status !== 'acknowledged')
      if (left.length === 0) return
      repeats += left.length
      await again()
    }
  }

  return {
    injected,
    get repeats() {
      return repeats
    },
    inject: (partition, signal) => put([makePoison(seed, injected.length, partition)], signal),
    injectRefused: async ({ partition, count }, signal) => {
      const { stack, topics } = world
      while (encode === null && !signal.aborted) {
        encode = await refusedEncoder(stack.registry.url, topics.tracked).catch(() => null)
        if (encode === null) await again()
      }
      if (encode === null) return
      const poisons: Poison[] = []
      for (let n = 0; n < count; n++) {
        const key = `poison-${seed}-${injected.length + n}`
        poisons.push({ kind: 'refused', partition, key: Buffer.from(key), value: encode(key) })
      }
      await put(poisons, signal)
    },
  }
}
