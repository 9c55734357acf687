import { gzipSync } from 'node:zlib'

/** Makes the bodies of numbered requests; every event of every request has an id of its own. */
export interface Bodies {
  readonly eventsPerRequest: number
  readonly encoding: BodyEncoding
  /** @param groupId of every event of the request. */
  make(request: number, groupId: string): Buffer
}

/** `Content-Encoding`. */
export type BodyEncoding = 'identity' | 'gzip'

const DIGITS = 10
/** The generator has little time: the fastest. */
const GZIP_LEVEL = 1

/**
 * Event `i` of request `n` has the id `RUN.NNNNNNNNNN.i`. The text is made once per account and only
 * the digits are written anew: the generator has few microseconds for a request.
 */
export function createBodies(
  run: string,
  eventsPerRequest: number,
  encoding: BodyEncoding = 'identity',
): Bodies {
  const templates = new Map<
    string,
    { readonly bytes: Buffer; readonly places: readonly number[] }
  >()
  const blank = '#'.repeat(DIGITS)
  const template = (groupId: string) => {
    const events = Array.from({ length: eventsPerRequest }, (_, index) => ({
      event_id: `${run}.${blank}.${index}`,
      event: 'feature_used',
      group_id: groupId,
      user_id: `user_${index}`,
      timestamp: '2026-11-04T14:45:30.987Z',
      properties: { feature_name: 'analytics_dashboard', duration_ms: 1_234 + index },
    }))
    const bytes = Buffer.from(JSON.stringify(eventsPerRequest === 1 ? events[0] : events))
    const places: number[] = []
    for (let at = bytes.indexOf(blank); at >= 0; at = bytes.indexOf(blank, at + DIGITS)) {
      places.push(at)
    }
    return { bytes, places }
  }
  return {
    eventsPerRequest,
    encoding,
    make: (request, groupId) => {
      const made = templates.get(groupId) ?? template(groupId)
      templates.set(groupId, made)
      const body = Buffer.from(made.bytes)
      const digits = String(request).padStart(DIGITS, '0')
      for (const place of made.places) body.write(digits, place, 'latin1')
      return encoding === 'gzip' ? gzipSync(body, { level: GZIP_LEVEL }) : body
    },
  }
}
