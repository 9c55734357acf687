import { randomInt } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** What the bodies of a load hold. */
export interface BodyShape {
  /** 1: the event alone, else `{"batch": […]}`. */
  readonly eventsPerBody: number
  /** Accounts that the events belong to, evenly. */
  readonly accounts: number
  /** Of each event, roughly; `null`: one as an app sends it, about 330 bytes. */
  readonly eventBytes: number | null
  readonly isGzipped: boolean
  /** Whose SDK for Node wrote them; its events are like `eventBytes: null`. @default nobody's */
  readonly sdk?: 'Segment' | 'RudderStack'
}

const PAGES = 997

/** A usual event, alone. */
export const SINGLE: BodyShape = {
  eventsPerBody: 1,
  accounts: 500,
  eventBytes: null,
  isGzipped: false,
}

/** A body whose events are a pure function of `number`: neighbours have other accounts and ids. */
export function bodyOf(shape: BodyShape, number: number): Buffer {
  const first = number * shape.eventsPerBody
  const events = Array.from({ length: shape.eventsPerBody }, (_, index) =>
    eventOf(first + index, shape),
  )
  const body = Buffer.from(JSON.stringify(envelopeOf(events, shape)))
  return shape.isGzipped ? gzipSync(body) : body
}

/** Where such bodies are sent. */
export function pathOf({ sdk }: BodyShape): string {
  return sdk === undefined ? '/track' : '/v1/batch'
}

function envelopeOf(events: readonly Usual[], { sdk, eventsPerBody }: BodyShape): object {
  if (sdk === undefined) return eventsPerBody === 1 ? (events[0] ?? {}) : { batch: events }
  const sentAt = new Date().toISOString()
  return sdk === 'Segment'
    ? { batch: events.map(asSegment), writeKey: 'bench', sentAt }
    : { batch: events.map((event) => asRudderStack(event, sentAt)), timestamp: sentAt, sentAt }
}

interface Usual {
  readonly event: string
  readonly event_id: string
  readonly group_id: string
  readonly user_id: string
  readonly timestamp: string
  readonly properties?: object
  readonly context?: object
}

/** As `@segment/analytics-node` 3.1.0 writes an event, its fields in its order. */
function asSegment({ event, event_id: id, ...usual }: Usual): object {
  return {
    timestamp: usual.timestamp,
    integrations: {},
    event,
    type: 'track',
    properties: usual.properties,
    context: {
      groupId: usual.group_id,
      ...usual.context,
      library: { name: '@segment/analytics-node', version: '3.1.0' },
    },
    userId: usual.user_id,
    messageId: `node-next-1795930862946-${id}`,
    _metadata: { nodeVersion: 'v24.21.0', jsRuntime: 'node' },
  }
}

/** As `@rudderstack/rudder-sdk-node` 3.0.13 does, for an app that leaves the time to it. */
function asRudderStack({ event, event_id: messageId, ...usual }: Usual, sentAt: string): object {
  return {
    event,
    userId: usual.user_id,
    properties: usual.properties,
    context: {
      groupId: usual.group_id,
      ...usual.context,
      library: { name: 'analytics-node', version: '3.0.13' },
    },
    type: 'track',
    channel: 'server',
    _metadata: { nodeVersion: '24.21.0' },
    originalTimestamp: usual.timestamp,
    messageId,
    sentAt,
  }
}

function eventOf(number: number, { accounts, eventBytes }: BodyShape): Usual {
  const smallest = {
    event: 'feature_used',
    event_id: `018bd5c4-7000-7000-8000-${number.toString(16).padStart(12, '0')}`,
    group_id: `account_${number % accounts}`,
    user_id: `user_${(number * 7_919) % 50_000}`,
    timestamp: new Date(Date.now() - (number % 10_000)).toISOString(),
  }
  if (eventBytes !== null) {
    const missing =
      eventBytes - JSON.stringify(smallest).length - ',"properties":{"note":""}'.length
    return missing < 0 ? smallest : { ...smallest, properties: { note: 'x'.repeat(missing) } }
  }
  return {
    ...smallest,
    properties: {
      feature_name: 'analytics_dashboard',
      duration_ms: number % 9_973,
      plan: 'enterprise',
      is_trial: false,
      path: `/reports/${number % PAGES}`,
    },
    context: { ip: `203.0.113.${number % 256}`, locale: 'en-GB', userAgent: 'Mozilla/5.0' },
  }
}

const ID = /018bd5c4-7000-7000-8000-/g
const ID_DIGITS = 12

/**
 * Gives the events of a body new ids in place each time it is called: a row whose identity exists already
 * would be an update, and cost something else than a new one.
 */
export function createRenewal(body: Buffer): () => void {
  const places = [...body.toString('latin1').matchAll(ID)].map(
    (found) => found.index + found[0].length,
  )
  let next = randomInt(2 ** 23) * 2 ** 24 // bodies and processes know nothing of each other
  return () => {
    for (const place of places) {
      body.write((next++).toString(16).padStart(ID_DIGITS, '0'), place, 'latin1')
    }
  }
}
