import type { OutgoingRecord } from '@custom-events/kafka'
import { createRandom } from './random.ts'
import type { World } from './world.ts'

/** A record that nobody can decode, and that must come to rest in `dead_letters`, byte for byte. */
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
}

/** Puts poison on the topic and remembers it. */
export function createPoisonStore(
  seed: number,
  world: Pick<World, 'producer' | 'topics'>,
): PoisonStore {
  const injected: Poison[] = []
  let repeats = 0
  return {
    injected,
    get repeats() {
      return repeats
    },
    inject: async (partition, signal) => {
      const poison = makePoison(seed, injected.length, partition)
      injected.push(poison)
      const { key, value } = poison
      const record: OutgoingRecord = { topic: world.topics.tracked, partition, key, value }
      while (!signal.aborted) {
        const [outcome] = await world.producer.produce([record])
        if (outcome?.status === 'acknowledged') return
        repeats += 1
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
  }
}
