import type { TrackedEvent } from '../contract/event.ts'
import type { NormaliseContext } from '../normalise/normalise-context.ts'
import { carriedParts } from './carried.ts'
import { textOf, type FastInput } from './fast-input.ts'
import { PLACE, timeAt } from './ranges.ts'
import { CONTEXT_ACCOUNT_SLOT, slotOf } from './slots.ts'

const [EVENT, GROUP_ID, EVENT_ID] = [slotOf('event'), slotOf('group_id'), slotOf('event_id')]
const [USER_ID, ANONYMOUS_ID] = [slotOf('user_id'), slotOf('anonymous_id')]
const [PROPERTIES, CONTEXT] = [slotOf('properties'), slotOf('context')]

/**
 * An accepted event that lies in the body; what is asked for is read from there. Events live until Kafka has
 * acknowledged them, long enough for the collector to move them: three references, not a text for each part.
 */
export class FastEvent implements TrackedEvent {
  readonly input: FastInput
  /** What the request says beside its events. */
  readonly #request: Pick<NormaliseContext, 'receivedAt' | 'source'>
  /** For an event that was sent without one. */
  readonly #madeId: string | null

  constructor(
    input: FastInput,
    request: Pick<NormaliseContext, 'receivedAt' | 'source'>,
    madeId: string | null,
  ) {
    this.input = input
    this.#request = request
    this.#madeId = madeId
  }

  get event_id(): string {
    return this.#madeId ?? this.#text(EVENT_ID) ?? ''
  }

  get event(): string {
    return this.#text(EVENT) ?? ''
  }

  get group_id(): string {
    return this.#text(accountSlot(this.input)) ?? ''
  }

  get user_id(): string | null {
    return this.#text(USER_ID)
  }

  get anonymous_id(): string | null {
    return this.#text(ANONYMOUS_ID)
  }

  get timestamp(): number {
    const { body, base } = this.input
    return timeAt(body.ranges.ints, base + PLACE.timestamp)
  }

  get sent_at(): number | null {
    const { body, base } = this.input
    const ms = timeAt(body.ranges.ints, base + PLACE.sentAt)
    return ms === -1 ? null : ms
  }

  get received_at(): number {
    return this.#request.receivedAt
  }

  get source(): string {
    return this.#request.source
  }

  get properties(): string {
    return this.#text(PROPERTIES) ?? '{}'
  }

  get context(): string {
    return this.#text(CONTEXT) ?? '{}'
  }

  get extra(): string {
    const { body } = this.input
    const members = carriedParts(this.input).map(
      ({ key, start, end }) => key.toString() + textOf(body, start, end),
    )
    return `{${members.join()}}`
  }

  #text(slot: number): string | null {
    const start = slotStart(this.input, slot)
    return start === -1 ? null : textOf(this.input.body, start, slotEnd(this.input, slot))
  }
}

/** Where the account is: in the event, or in its context. */
export function accountSlot(input: FastInput): number {
  return slotStart(input, GROUP_ID) === -1 ? CONTEXT_ACCOUNT_SLOT : GROUP_ID
}

/** Bytes of an account that the context alone names: it is kept by itself, and once more with the context. */
export function copiedBytes(input: FastInput): number {
  const isCopied = accountSlot(input) === CONTEXT_ACCOUNT_SLOT
  return isCopied
    ? slotEnd(input, CONTEXT_ACCOUNT_SLOT) - slotStart(input, CONTEXT_ACCOUNT_SLOT)
    : 0
}

/** -1 for what was not sent. */
export function slotStart({ body, base }: FastInput, slot: number): number {
  return body.ranges.ints[base + slot * 2] ?? -1
}

export function slotEnd({ body, base }: FastInput, slot: number): number {
  return body.ranges.ints[base + slot * 2 + 1] ?? -1
}
