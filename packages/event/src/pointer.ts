/** One step into a JSON document: an object's key or an array's index. */
export type Step = string | number

/**
 * A JSON pointer (RFC 6901): `~` becomes `~0`, `/` becomes `~1`; no steps is the whole document.
 *
 * @example pointerOf('/batch/3', 'context', 'group_id') // '/batch/3/context/group_id'
 */
export function pointerOf(base: string, ...steps: readonly Step[]): string {
  let pointer = base
  for (const step of steps) {
    pointer += `/${typeof step === 'number' ? step : escapeKey(step)}`
  }
  return pointer
}

function escapeKey(key: string): string {
  const isPlain = !key.includes('~') && !key.includes('/')
  return isPlain ? key : key.replaceAll('~', '~0').replaceAll('/', '~1')
}
