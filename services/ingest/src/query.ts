import type { IncomingMessage } from 'node:http'

const EMPTY = new URLSearchParams()

/** The parameters of a request's URL. */
export function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?')
  return start === -1 ? EMPTY : new URLSearchParams(url.slice(start + 1))
}
