import type { Person } from './sdk.ts'

/** What becomes of an event that is tracked while the visitor is offline. */
export type Fate = 'delivered' | 'lost'

/** One thing that a visitor does, in the words of SDKs. */
export type Step =
  | { readonly does: 'track'; readonly event: string }
  | { readonly does: 'identify' | 'reset' | 'close' }
  /** The next request arrives, but not its answer. */
  | { readonly does: 'enter a tunnel' }
  /** Nothing arrives any more. */
  | { readonly does: 'go offline' }
  | { readonly does: 'come back' }

/** The account's user once the visitor has said who they are. */
export const USER = 'user_456'

/** Kept by us, which its SDK cannot know. */
export const ANSWER_LOST_EVENT = 'seat added, the answer lost'
const OFFLINE_EVENT = 'seat removed while offline'

/** The whole life of a visitor, the same for every SDK. */
export const JOURNEY: readonly Step[] = [
  { does: 'track', event: 'page seen by a stranger' },
  { does: 'identify' },
  { does: 'track', event: 'plan chosen by a user' },
  { does: 'enter a tunnel' },
  { does: 'track', event: ANSWER_LOST_EVENT },
  { does: 'go offline' },
  { does: 'track', event: OFFLINE_EVENT },
  { does: 'come back' },
  { does: 'track', event: 'seat added again' },
  { does: 'reset' },
  { does: 'track', event: 'page seen after reset' },
  { does: 'track', event: 'left at once' },
  { does: 'close' },
]

/** When the first event happened, as its app says. */
const FIRST_TIMESTAMP = Date.UTC(2026, 0, 31, 10, 15, 20, 123)

export const PROPERTIES = {
  email: 'AliceW@example.com',
  note: 'déjà vu 🚀',
  seats: 3,
  price: 0.1,
} as const

/** A row as the journey tells it; visitors are numbered as they come. */
export interface JourneyRow {
  readonly event: string
  readonly user_id: string | null
  readonly visitor: number
  readonly properties: unknown
  readonly email: string
  /** `null`: the SDK takes its own clock. */
  readonly timestamp: string | null
}

/** What an SDK is known for, as far as rows tell. */
export interface Manners {
  readonly whileOffline: Fate
  /** Whether the next visitor on the same device is another one. */
  readonly resetMakesAnotherVisitor: boolean
  readonly takesTimestamp: boolean
}

/** The rows that must be there at the end, one each and no other, in the order of the journey. */
export function expectedRows({
  whileOffline,
  resetMakesAnotherVisitor,
  takesTimestamp,
}: Manners): readonly JourneyRow[] {
  const rows: JourneyRow[] = []
  let user: string | null = null
  let visitor = 1
  for (const step of JOURNEY) {
    if (step.does === 'identify') user = USER
    if (step.does === 'reset') {
      user = null
      if (resetMakesAnotherVisitor) visitor += 1
    }
    if (step.does !== 'track') continue
    const { event } = step
    if (whileOffline === 'lost' && event === OFFLINE_EVENT) continue
    const timestamp = takesTimestamp ? storedAs(timestampOf(event)) : null
    const { email } = PROPERTIES
    rows.push({ event, user_id: user, visitor, properties: PROPERTIES, email, timestamp })
  }
  return rows
}

const EVENTS = JOURNEY.flatMap((step) => (step.does === 'track' ? step.event : []))

/** Each a second after the one before. */
export function timestampOf(event: string): Date {
  return new Date(FIRST_TIMESTAMP + EVENTS.indexOf(event) * 1_000)
}

function storedAs(timestamp: Date): string {
  return timestamp.toISOString().replace('T', ' ').replace('Z', '')
}

/** Who an app on a server says a visitor is: it keeps that itself. */
export interface Identity {
  person(): Person
  identify(): void
  reset(): void
}

export function createIdentity(): Identity {
  let visitor = 1
  let isKnown = false
  return {
    person: () => {
      const anonymousId = `visitor ${visitor}`
      return isKnown ? { userId: USER, anonymousId } : { anonymousId }
    },
    identify: () => {
      isKnown = true
    },
    reset: () => {
      isKnown = false
      visitor += 1
    },
  }
}
