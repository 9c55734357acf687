/** A topic of accepted events, and with how many partitions accounts are placed in it. */
export interface Generation {
  /** From 1, which is KAFKA_TOPIC with KAFKA_PARTITIONS. */
  readonly generation: number
  readonly topic: string
  readonly partitions: number
}

/** A generation after the first, as the topic of erasures tells of it. */
export interface GenerationRecord extends Generation {
  /** Whether the leases on the generation before have ended for certain, so that nobody has to wait for that. */
  readonly isOpen: boolean
}

/** The topic of a generation: `events.tracked.v1`, then `events.tracked.v1.g2`, `.g3` and so on. */
export function generationTopic(tracked: string, generation: number): string {
  return generation === 1 ? tracked : `${tracked}.g${generation}`
}

const KEY = /^generation:([2-9]|[1-9]\d{1,3})$/
const VERSION = 1

export function isGenerationKey(key: string): boolean {
  return key.startsWith('generation:')
}

export function writeGeneration(record: GenerationRecord): {
  readonly key: Buffer
  readonly value: Buffer
} {
  const { generation, topic, partitions, isOpen } = record
  const value = { v: VERSION, topic, partitions, open: isOpen }
  return {
    key: Buffer.from(`generation:${generation}`),
    value: Buffer.from(JSON.stringify(value)),
  }
}

/** @returns what is wrong, in words, when it says nothing that we understand. */
export function readGeneration(key: string, value: Buffer | null): GenerationRecord | string {
  const generation = KEY.exec(key)?.[1]
  if (generation === undefined)
    return `its key is ${key.slice(0, 64)}, expected generation:2 or more`
  const fields = fieldsOf(value)
  if (fields === null) return 'its value is no JSON object'
  const { v, topic, partitions, open } = fields
  if (v !== VERSION) return `its "v" is ${shown(v)}, expected ${VERSION}: is it of a newer release?`
  if (typeof topic !== 'string' || topic === '') return `its "topic" is ${shown(topic)}`
  if (typeof partitions !== 'number' || !Number.isSafeInteger(partitions) || partitions < 1)
    return `its "partitions" is ${shown(partitions)}, expected a whole number from 1`
  return { generation: Number(generation), topic, partitions, isOpen: open === true }
}

type Fields = Readonly<Partial<Record<'v' | 'topic' | 'partitions' | 'open', unknown>>>

function fieldsOf(value: Buffer | null): Fields | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString('utf8') ?? '')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null
  } catch {
    return null
  }
}

/** Never whole: anybody may have written it. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 64)
}
