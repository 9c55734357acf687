import type { FetchedRecord } from '@custom-events/kafka'

type Headers = FetchedRecord['headers']

/** Names under which our programs, and tools made for dead letters, say something: nobody else may there. */
const OURS = /^(custom-events\.|__connect\.errors\.|error\.code$)/
const OF_SOURCE = 'custom-events.source.'

export function isOurs(name: string): boolean {
  return OURS.test(name) && !name.startsWith(OF_SOURCE)
}

/**
 * A record's own headers on its dead letter. Those that have one of our names say nothing there: a record
 * that carries `custom-events.resolution` would be a dead letter that nobody finds open.
 */
export function keptHeaders(ofRecord: Headers): Headers {
  return Object.fromEntries(
    Object.entries(ofRecord).map(([name, value]) => [
      OURS.test(name) ? OF_SOURCE + name : name,
      value,
    ]),
  )
}

/** The record's own headers again: the inverse of `keptHeaders`, without what was said of the record. */
export function restoredHeaders(ofDeadLetter: Headers): Headers {
  return Object.fromEntries(
    Object.entries(ofDeadLetter)
      .filter(([name]) => !isOurs(name))
      .map(([name, value]) => [
        name.startsWith(OF_SOURCE) ? name.slice(OF_SOURCE.length) : name,
        value,
      ]),
  )
}
