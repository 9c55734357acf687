import { isErased } from './accounts.ts'
import type { Copy } from './event.ts'
import type { Ledger } from './ledger.ts'
import { isEarly, ownerOf } from './owners.ts'
import type { Answer } from './send.ts'

/** An event that must be rejected. */
interface Invalid {
  readonly invalid: number
}
export type Item = Copy | Invalid

/** A request: the same bytes at every attempt. */
export interface Request {
  readonly items: readonly Item[]
  readonly body: string
}

export function isInvalid(item: Item): item is Invalid {
  return 'invalid' in item
}

/** Whether it is refused, or ignored as soon as its owner is erased. */
function isOfErased({ invalid: number }: Invalid): boolean {
  return isEarly(number) && ownerOf(number).isErased
}

/** Whether every event of the request has a fate that will not change. */
export function isFinal({ status, body }: Answer): boolean {
  if (status !== 200 && status !== 400) return false
  const { results } = body
  return results !== undefined && results.length > 0 && results.every((r) => r.status !== 'retry')
}

/** What the answer says of each event goes into the ledger. */
export function note(ledger: Ledger, request: Request, answer: Answer): void {
  const results = answer.body.results ?? []
  for (const [index, item] of request.items.entries()) {
    const result = results[index]
    if (isInvalid(item)) {
      if (result?.status === 'rejected') ledger.refused(item.invalid)
      else if (result?.reason?.code === 'erased' && isOfErased(item)) ledger.erased()
      else ledger.counts.misjudged += 1
    } else if (result?.status === 'accepted' && result.receipt !== undefined) {
      const { partition, offset } = result.receipt
      ledger.accepted(item, { partition, offset: Number(offset) })
    } else if (result?.reason?.code === 'erased' && isErased(item)) {
      ledger.erased()
    } else ledger.rejected(item)
  }
}
