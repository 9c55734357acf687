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

const READING_ON = Buffer.from(VERSION)

/** What the leader writes beside what it assigns: whether every member of this generation makes claims. */
export function encodeMayReadOn(mayReadOn: boolean): Buffer {
  return mayReadOn ? READING_ON : Buffer.alloc(0)
}

/**
 * Whether to read on while the group joins anew. Only when whoever assigns then heeds claims: its leader stays, or is one
 * of those who are members now.
 */
export function decodeMayReadOn(userData: Buffer | null | undefined): boolean {
  return userData?.equals(READING_ON) ?? false
}
