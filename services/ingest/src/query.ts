import type { IncomingMessage } from 'node:http'

/** The parameters of a request's URL; `null` when it has none, as most. */
export function queryOf({ url = '' }: IncomingMessage): URLSearchParams | null {
  const start = url.indexOf('?')
  return start === -1 ? null : new URLSearchParams(url.slice(start + 1))
}
