import type { ErasedIds, Person } from './erased-ids.ts'

/**
 * Whether a key is of somebody who is erased. A key seals events of any time: with an erasure of those before some day it
 * stays, because later ones need it.
 *
 * @param key.made_at milliseconds since 1970: one that was made after a lift is kept.
 */
export function isErasedOwner(
  ids: Pick<ErasedIds, 'ofEvent'>,
  { made_at, ...person }: Person & { readonly made_at: number },
): boolean {
  const times = { timestamp: Number.MAX_SAFE_INTEGER, received_at: made_at }
  return ids.ofEvent({ ...person, ...times }) !== null
}
