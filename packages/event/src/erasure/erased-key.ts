import type { ErasedIds, Person } from './erased-ids.ts'

/**
 * Whether a key of sealed properties is that of somebody erased. It seals events of any time: with an erasure of those before
 * some day it stays, because later ones need it. Of a lifted erasure, those made before the lift stay erased.
 *
 * @param key.made_at milliseconds since 1970
 */
export function isErasedSealKey(
  ids: Pick<ErasedIds, 'ofEvent'>,
  key: Person & { readonly made_at: number },
): boolean {
  const { user_id, group_id, anonymous_id, made_at } = key
  const timestamp = Number.MAX_SAFE_INTEGER
  return ids.ofEvent({ user_id, group_id, anonymous_id, timestamp, received_at: made_at }) !== null
}
