import { createEventCodec } from '@custom-events/codec'
import { BLANK_EVENT } from '@custom-events/event'
import type { Random } from '../../../../../chaos/random.ts'
import { GONE } from './erasure.fixture.ts'
import type { RecordKind, Scenario } from './scenario.fixture.ts'

/** A record that a run puts into Kafka, and what must become of it. */
export interface Planned {
  readonly partition: number
  readonly offset: number
  readonly kind: RecordKind
  /** Distinguishes events; `null` when it is none. */
  readonly eventId: string | null
  readonly key: Buffer
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
}

/** The schema that the registry may not know at first has the second id. */
export const SCHEMA_IDS = { known: 1, unknown: 2 } as const

const codec = createEventCodec()
const HEADERS = { traceparent: Buffer.from('00-trace') }

export function planRecords(scenario: Scenario, random: Random): readonly Planned[] {
  const counts = new Map<number, number>()
  const lastIds = new Map<number, string>()
  return scenario.records.map((kind) => {
    const partition = random.integer(0, scenario.partitions - 1)
    const offset = counts.get(partition) ?? 0
    counts.set(partition, offset + 1)
    const lastId = lastIds.get(partition)
    const eventId = kind === 'update' && lastId !== undefined ? lastId : `${partition}-${offset}`
    const value = valueOf({ kind, eventId, offset, random })
    const isEvent = kind !== 'garbage' && kind !== 'tombstone'
    if (isEvent && kind !== 'refused' && kind !== 'erased') lastIds.set(partition, eventId)
    return {
      partition,
      offset,
      kind,
      value,
      headers: HEADERS,
      eventId: isEvent ? eventId : null,
      key: Buffer.from(`account ${partition}`),
    }
  })
}

export function isPoison({ kind }: Planned): boolean {
  return kind === 'refused' || kind === 'garbage' || kind === 'tombstone'
}

/** Text of the properties: tells the copies of an event apart. */
export function propertiesOf(offset: number): string {
  return `{"version":${offset}}`
}

/** The same event as it was sent before, through another log; or another, where the log was restored. */
export function earlierValue(eventId: string, offset: number): Buffer {
  return eventValue(eventId, offset, { schema: 'known', user: null })
}

function valueOf(of: {
  readonly kind: RecordKind
  readonly eventId: string
  readonly offset: number
  readonly random: Random
}): Buffer | null {
  const { kind, eventId, offset, random } = of
  if (kind === 'tombstone') return null
  const whole = eventValue(eventId, offset, {
    schema: kind === 'unknownSchema' ? 'unknown' : 'known',
    user: kind === 'erased' ? GONE : null,
  })
  if (kind !== 'garbage') return whole
  return random.pick([
    Buffer.from('garbage'),
    whole.subarray(0, whole.length - 1),
    Buffer.concat([whole, Buffer.of(0)]),
  ])
}

/** Encoded once for all runs. */
const values = new Map<string, Buffer>()

function eventValue(
  eventId: string,
  offset: number,
  { schema, user }: { readonly schema: keyof typeof SCHEMA_IDS; readonly user: string | null },
): Buffer {
  const name = `${eventId} ${offset} ${schema} ${user}`
  const value =
    values.get(name) ??
    codec.encode(
      {
        ...BLANK_EVENT,
        event_id: eventId,
        event: 'tested',
        group_id: 'account',
        user_id: user,
        timestamp: 1_700_000_000_000,
        received_at: 1_700_000_000_000 + offset,
        properties: propertiesOf(offset),
      },
      SCHEMA_IDS[schema],
    )
  values.set(name, value)
  return value
}
