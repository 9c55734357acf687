import type { Setting } from '../sql/settings.ts'
import { exception } from './errors.ts'

/** What the parameters of one session may take, names and values. */
export const MAX_PARAMETER_BYTES = 1024 * 1024

/**
 * Counts the `param_…` of a query, which stay in its session: the engine cannot take one back, it can only be given
 * another value.
 * @param kept bytes by name
 * @throws ServerException 700 when they were more than 1 MiB together; nothing is counted then
 */
export function keepParameters(kept: Map<string, number>, settings: readonly Setting[]): void {
  const given = settings.filter(([name]) => name.startsWith('param_'))
  if (given.length === 0) return
  const all = new Map(kept)
  for (const [name, value] of given) all.set(name, Buffer.byteLength(name + value))
  const total = [...all.values()].reduce((sum, bytes) => sum + bytes, 0)
  if (total > MAX_PARAMETER_BYTES) {
    throw exception(
      700,
      `The parameters of this session would take more than ${MAX_PARAMETER_BYTES} bytes: end it with close_session=1.`,
    )
  }
  for (const [name] of given) kept.set(name, all.get(name) ?? 0)
}
