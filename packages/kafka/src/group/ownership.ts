import type { PartitionsOfTopic } from 'kafkajs/src/consumer/consumerGroup.js'
import { eachPartition, inTopics } from '../consumer/consumer-offsets.ts'
import type { TopicPartition } from '../records.ts'

/** What a member says when it joins: these partitions it reads, and nobody else may before it has let go of them. */
export interface Claim {
  /** Of the group, when they were assigned: of two who claim the same, the older has missed that it lost it. */
  readonly generation: number
  readonly owned: readonly TopicPartition[]
}

/** The form of what we write beside Kafka's own fields; other programs write other things, or nothing. */
const VERSION = 'custom-events/1'

interface Written {
  readonly as: typeof VERSION
  readonly generation: number
  readonly owned: readonly PartitionsOfTopic[]
}

export function encodeClaim({ generation, owned }: Claim): Buffer {
  const written: Written = { as: VERSION, generation, owned: inTopics(owned) }
  return Buffer.from(JSON.stringify(written))
}

/** `null`: of a program that lets go of everything before it joins, such as this one before it knew better. */
export function decodeClaim(userData: Buffer | null | undefined): Claim | null {
  const text = userData?.toString() ?? ''
  if (!text.startsWith(`{"as":"${VERSION}"`)) return null
  const { generation, owned } = JSON.parse(text) as Written // its own form, as its beginning says
  return { generation, owned: eachPartition(owned) }
}

/** What the leader writes beside what it assigns. */
export interface Told {
  /**
   * Whether to read on while the group joins anew: every member of this generation makes claims. Only when whoever assigns then
   * heeds claims: its leader stays, or is one of those who are members now.
   */
  readonly mayReadOn: boolean
  /**
   * What the leader took the member to read; `null`: it does not say. Kafka gives whoever comes under the name of a dead one what
   * that one had, and no leader looks at it, though it may read other topics (https://github.com/apache/kafka/pull/22593).
   */
  readonly topics: readonly string[] | null
  /** Whom the leader meant, by member id; `null`: it does not say. Who comes under the name of a dead one has another id. */
  readonly memberId: string | null
  /** Something is still claimed by who loses it, and is given away when that one has joined again. */
  readonly isUnfinished: boolean
}

export const NOTHING_TOLD: Told = {
  mayReadOn: false,
  topics: null,
  memberId: null,
  isUnfinished: false,
}

export function encodeTold(told: Told): Buffer {
  return Buffer.from(JSON.stringify({ as: VERSION, ...told }))
}

/** Of a leader of an earlier release: nothing. */
export function decodeTold(userData: Buffer | null | undefined): Told {
  const text = userData?.toString() ?? ''
  if (!text.startsWith(`{"as":"${VERSION}"`)) return NOTHING_TOLD
  const written = JSON.parse(text) as Partial<Told> // its own form, as its beginning says; releases have added to it
  const { mayReadOn, topics, memberId, isUnfinished } = { ...NOTHING_TOLD, ...written }
  return { mayReadOn, topics, memberId, isUnfinished }
}
