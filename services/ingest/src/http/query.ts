/** Whether a parameter is switched on: `?strict`, `?strict=1`, `?strict=true`. */
export function isOn(query: URLSearchParams | null, name: string): boolean {
  const said = query?.get(name) ?? null
  return said !== null && ON.includes(said)
}

/** What switches one on. */
export const ON: readonly string[] = ['1', 'true', '']

/** The parameters of a URL; `null` when it has none. */
export function parametersOf(url = ''): URLSearchParams | null {
  const start = url.indexOf('?')
  return start === -1 ? null : new URLSearchParams(url.slice(start + 1))
}
