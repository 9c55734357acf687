import { partitionOf } from '@custom-events/event'
import type { OutgoingRecord } from '@custom-events/kafka'
import { ERASED_ACCOUNT } from './accounts.ts'
import { createRandom } from './random.ts'
import { OWNERS } from './owners.ts'
import { refusedEncoder, type RefusedName } from './refused.ts'
import type { World } from './world.ts'

/** A record that nobody can decode, or that only ClickHouse refuses, and that must come to rest in `dead_letters`, byte for byte. */
export interface Poison {
  readonly kind: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer | null
  /** Of what decodes. */
  readonly eventId?: string
  /** Of somebody who is erased: it must come to rest nowhere. @default false */
  readonly isErased?: boolean
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

/**
 * An account that is placed in this partition. What only ClickHouse refuses is replayed as an event of its account, which is placed
 * anew: from the partition of another account it would come to another shard than its first copy.
 */
export function accountIn(
  partition: number,
  { partitions, name }: { readonly partitions: number; readonly name: string },
): string {
  for (let number = 0; ; number++) {
    const account = `${name}.${number}`
    if (partitionOf(account, partitions) === partition) return account // one of `partitions` is
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
  /** Of each of `OWNERS` one that only ClickHouse refuses, and one that nobody can decode of an account that is erased. */
  injectOfOwners(signal: AbortSignal): Promise<void>
}

const AGAIN_AFTER_MS = 200

/** Puts poison on the topic and remembers it. */
export function createPoisonStore(
  seed: number,
  world: Pick<World, 'producer' | 'topics' | 'stack' | 'partitions'>,
): PoisonStore {
  const injected: Poison[] = []
  let repeats = 0
  let encode: ((name: RefusedName) => Buffer) | null = null

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

  const refusing = async (signal: AbortSignal): Promise<typeof encode> => {
    const { stack, topics } = world
    while (encode === null && !signal.aborted) {
      encode = await refusedEncoder(stack.registry.url, topics.tracked).catch(() => null)
      if (encode === null) await again()
    }
    return encode
  }

  return {
    injected,
    get repeats() {
      return repeats
    },
    inject: (partition, signal) => put([makePoison(seed, injected.length, partition)], signal),
    injectRefused: async ({ partition, count }, signal) => {
      const encoded = await refusing(signal)
      if (encoded === null) return
      const poisons: Poison[] = []
      for (let n = 0; n < count; n++) {
        const eventId = `poison-${seed}-${injected.length + n}`
        const group = accountIn(partition, { partitions: world.partitions, name: eventId })
        const key = Buffer.from(group)
        const value = encoded({ event_id: eventId, group_id: group })
        poisons.push({ kind: 'refused', partition, key, value, eventId })
      }
      await put(poisons, signal)
    },
    injectOfOwners: async (signal) => {
      const encoded = await refusing(signal)
      if (encoded === null) return
      const poisons = OWNERS.flatMap(({ isErased, ...owner }, index): readonly Poison[] => {
        const eventId = `poison-${seed}-${injected.length + index}`
        const partition = partitionOf(owner.group_id, world.partitions)
        const of = { partition, key: Buffer.from(owner.group_id), isErased }
        const refused = { ...of, kind: 'refused', value: encoded({ event_id: eventId, ...owner }) }
        const noise = { ...of, kind: 'no_magic_byte', value: Buffer.from(`\u0007${eventId}`) }
        // Of a person nothing tells in bytes that nobody can read.
        const isKnown = owner.group_id === ERASED_ACCOUNT
        return [{ ...refused, eventId }, ...(isKnown ? [noise] : [])]
      })
      await put(poisons, signal)
    },
  }
}
