import { createHash } from 'node:crypto'

/** Columns of a row whose value is known before it is sent; texts are compared byte for byte. */
export interface ExpectedRow {
  readonly event?: string
  readonly group_id?: string
  readonly user_id?: string | null
  readonly anonymous_id?: string | null
  readonly event_id?: string
  /** Milliseconds since the epoch. */
  readonly timestamp?: number
  readonly properties?: string
  readonly context?: string
  readonly extra?: string
}

/** One hostile request, with what must become of it. */
export interface Input {
  readonly family: string
  /** Short enough to be printed; the seed brings the rest back. */
  readonly name: string
  readonly body: Buffer
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** `any`: it is the server's choice, but what it accepts must be stored as it was sent. */
  readonly verdict: 'accepted' | 'refused' | 'any'
  /** Whether one event of a request that is kept must be accepted. @default all of them */
  readonly isEventAccepted?: (index: number) => boolean
  /** What each event must become, by its place in the request; absent: see `document`. */
  readonly rows?: readonly ExpectedRow[]
  /** The JSON that the body holds, when nobody can say in advance which event that makes. */
  readonly document?: Buffer
}

/** A random-looking id: two inputs never name the same event, even after a few bytes were changed. */
export function markerOf(seed: number, index: number): string {
  return createHash('sha256').update(`${seed}/${index}`).digest('hex').slice(0, 24)
}

/** The fields of a sound event as JSON texts, in the order they are sent. */
export type Fields = Readonly<Record<string, string>>

export const TIMESTAMP = '2023-11-04T14:45:30.987Z'
export const TIMESTAMP_MS = Date.parse(TIMESTAMP)

export function soundFields(marker: string): Fields {
  return {
    event: '"hostile"',
    group_id: `"account_${marker.slice(0, 2)}"`,
    user_id: '"user_1"',
    event_id: JSON.stringify(marker),
    timestamp: JSON.stringify(TIMESTAMP),
    properties: '{"plan":"pro","n":1}',
  }
}

export function textOf(fields: Fields): string {
  const members = Object.entries(fields).map(([key, text]) => `${JSON.stringify(key)}:${text}`)
  return `{${members.join(',')}}`
}

/** What becomes of `soundFields`. */
export function soundRow(marker: string): ExpectedRow {
  return {
    event: 'hostile',
    group_id: `account_${marker.slice(0, 2)}`,
    user_id: 'user_1',
    anonymous_id: null,
    event_id: marker,
    timestamp: TIMESTAMP_MS,
    properties: '{"plan":"pro","n":1}',
    context: '{}',
    extra: '{}',
  }
}
