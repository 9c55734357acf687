/** One step into a JSON document: an object's key or an array's index. */
export type Step = string | number

/**
 * A JSON pointer (RFC 6901): `~` becomes `~0`, `/` becomes `~1`; no steps is the whole document.
 * Where it would become longer than 512 characters it names the container instead: a key may be as
 * long as the body, and is told once for each of many problems under it.
 *
 * @example pointerOf('/batch/3', 'context', 'group_id') // '/batch/3/context/group_id'
 */
export function pointerOf(base: string, ...steps: readonly Step[]): string {
  let pointer = base
  for (const step of steps) {
    if (typeof step === 'string' && step.length > MAX_CHARS) return pointer
    const longer = `${pointer}/${typeof step === 'number' ? step : escapeKey(step)}`
    if (longer.length > MAX_CHARS) return pointer
    pointer = longer
  }
  return pointer
}

const MAX_CHARS = 512

function escapeKey(key: string): string {
  const isPlain = !key.includes('~') && !key.includes('/')
  return isPlain ? key : key.replaceAll('~', '~0').replaceAll('/', '~1')
}
