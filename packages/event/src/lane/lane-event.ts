import type { TrackedEvent } from '../event.ts'
import { textOf, type LaneInput } from './lane-input.ts'
import { SLOT } from './slots.ts'

/** What an event consists of beside its open parts; `extra` is always empty here. */
export type LaneParts = Omit<TrackedEvent, 'properties' | 'context' | 'extra'>

/** An accepted event whose texts still lie in the body; its open parts become text when asked for. */
export class LaneEvent implements TrackedEvent, LaneParts {
  readonly event_id: string
  readonly event: string
  readonly group_id: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly timestamp: number
  readonly sent_at: number | null
  readonly received_at: number
  readonly source: string
  readonly input: LaneInput

  constructor(input: LaneInput, parts: LaneParts) {
    this.event_id = parts.event_id
    this.event = parts.event
    this.group_id = parts.group_id
    this.user_id = parts.user_id
    this.anonymous_id = parts.anonymous_id
    this.timestamp = parts.timestamp
    this.sent_at = parts.sent_at
    this.received_at = parts.received_at
    this.source = parts.source
    this.input = input
  }

  get properties(): string {
    return openText(this.input, SLOT.properties)
  }

  get context(): string {
    return openText(this.input, SLOT.context)
  }

  get extra(): string {
    return '{}'
  }
}

function openText(input: LaneInput, slot: number): string {
  const start = slotStart(input, slot)
  return start === -1 ? '{}' : textOf(input.body, start, slotEnd(input, slot))
}

/** -1 for what was not sent. */
export function slotStart({ body, base }: LaneInput, slot: number): number {
  return body.ranges.ints[base + slot * 2] ?? -1
}

export function slotEnd({ body, base }: LaneInput, slot: number): number {
  return body.ranges.ints[base + slot * 2 + 1] ?? -1
}
