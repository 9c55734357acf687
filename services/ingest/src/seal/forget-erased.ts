import { isErasedOwner, type ErasedIds } from '@custom-events/event'
import type { SealKeys } from './seal-keys.ts'

/**
 * Forgets keys of whoever is erased, as soon as that is known: their rows are destroyed, so nothing more may be sealed with
 * them. When an erasure is lifted those go that were made while it was in force: no consumer has inserted them.
 *
 * @returns to be called after every look at the topic of erasures; it does nothing while nothing has changed.
 */
export function forgetErased(
  keys: Pick<SealKeys, 'forget'>,
): (erasures: { readonly ids: ErasedIds; readonly version: number }) => void {
  let known = 0
  return ({ ids, version }) => {
    if (version === known) return
    known = version
    keys.forget((record) => isErasedOwner(ids, record))
  }
}
