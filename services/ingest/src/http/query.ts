import type { IncomingMessage } from 'node:http'

/** Whether a parameter is switched on: `?strict`, `?strict=1`, `?strict=true`. */
export function isOn(query: URLSearchParams | null, name: string): boolean {
  const said = query?.get(name) ?? null
  return said !== null && ON.includes(said)
}

/** What switches one on. */
export const ON: readonly string[] = ['1', 'true', '']

/** The parameters of a request's URL; `null` when it has none, as most. */
export function queryOf({ url = '' }: IncomingMessage): URLSearchParams | null {
  const start = url.indexOf('?')
  return start === -1 ? null : new URLSearchParams(url.slice(start + 1))
}
