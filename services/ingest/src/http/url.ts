/** Most paths are plain already. */
const UNPLAIN = /\/\/|.\/(?:\?|$)/

/**
 * The URL with runs of slashes in its path as one, and without one at its end: SDKs build `//v1/batch` from
 * a host that ends in a slash, and lose everything on a 404.
 */
export function plainUrl(url: string): string {
  if (!url.startsWith('/') || !UNPLAIN.test(url)) return url
  const start = url.indexOf('?')
  const path = start === -1 ? url : url.slice(0, start)
  const plain = path.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
  return plain + url.slice(path.length)
}

/** The parameters of a URL; `null` when it has none. */
export function parametersOf(url = ''): URLSearchParams | null {
  const start = url.indexOf('?')
  return start === -1 ? null : new URLSearchParams(url.slice(start + 1))
}

/** Whether a parameter is switched on: `?strict`, `?strict=1`, `?strict=true`. */
export function isOn(query: URLSearchParams | null, name: string): boolean {
  const said = query?.get(name) ?? null
  return said !== null && ON.includes(said)
}

/** What switches one on. */
export const ON: readonly string[] = ['1', 'true', '']
