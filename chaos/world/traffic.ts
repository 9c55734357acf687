import type { Account } from '../accounts.ts'
import type { Copy } from '../event.ts'
import type { Ledger } from '../ledger.ts'
import { createSender } from '../send.ts'
import { sendCopies, startWorkload } from '../workload.ts'
import type { Ingest } from './product.ts'

export interface Sending {
  readonly through: Ingest
  /** @default 300 */
  readonly events?: number
  /** Over which they are spread. @default 1,000 ms */
  readonly overMs?: number
  /** Whose events; every account has events of its own in each sending. @default all */
  readonly accounts?: (account: Account) => boolean
  /** Until which every answer must be known. @default 30 s after the last was sent */
  readonly patienceMs?: number
}

const PATIENCE_MS = 30_000
const REQUEST = 50

interface Limits {
  readonly signal: AbortSignal
  readonly patience: number
}

function giveUpAfter(ms: number, { signal, patience }: Limits): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms * patience)])
}

/** Sends new events, and updates of some. @throws when the fate of one is not known in time. */
export async function send(ledger: Ledger, options: Sending, limits: Limits): Promise<void> {
  const { through, events = 300, overMs = 1_000, patienceMs = PATIENCE_MS } = options
  const accounts = ledger.accounts.filter(options.accounts ?? (() => true))
  const giveUp = giveUpAfter(overMs + patienceMs, limits)
  const sender = createSender(through.url)
  try {
    const workload = startWorkload({
      ledger: { ...ledger, accounts },
      sender,
      events,
      sendMs: overMs,
      isStorming: () => false,
      signal: giveUp,
    })
    await workload.done
    if (giveUp.aborted) throw new Error(`ingest did not take all of ${events} events in time`)
  } finally {
    sender.close()
  }
}

/** Sends so many events that were accepted before once more, changed. */
export async function sendUpdates(
  ledger: Ledger,
  { through, count }: { readonly through: Ingest; readonly count: number },
  limits: Limits,
): Promise<void> {
  const accepted: Copy[] = []
  for (const { account, seq, entry } of ledger.entries()) {
    // The offsets of ordered accounts tell their order: those are never sent again.
    if (account.manner === 'ordered' || entry.accepted < 0) continue
    accepted.push({ account, seq, version: entry.invoked + 1 })
  }
  const step = Math.max(1, Math.floor(accepted.length / count))
  const copies = accepted.filter((_, index) => index % step === 0).slice(0, count)
  if (copies.length < count) throw new Error(`only ${copies.length} events can be updated`)
  const giveUp = giveUpAfter(PATIENCE_MS, limits)
  const sender = createSender(through.url)
  try {
    for (let at = 0; at < copies.length; at += REQUEST) {
      const some = copies.slice(at, at + REQUEST)
      const isKnown = await sendCopies(some, { ledger, sender, signal: giveUp })
      if (!isKnown) throw new Error('ingest did not take the updates in time')
    }
  } finally {
    sender.close()
  }
}
