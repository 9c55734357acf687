import { randomUUID } from 'node:crypto'

const ACCEPTABLE = /^[\w.-]{1,128}$/

/** The client's own id for the request if it can be echoed safely, else a new UUIDv4. */
export function requestIdFrom(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && ACCEPTABLE.test(header) ? header : randomUUID()
}
