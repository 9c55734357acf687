import { setTimeout as delay } from 'node:timers/promises'
import { hasErased, pickUnordered, type Account } from './accounts.ts'
import { makeEvent, makeInvalidEvent, type Copy } from './event.ts'
import type { Ledger } from './ledger.ts'
import { isEarly, makeEarlyEvent } from './owners.ts'
import { createRandom, type Random } from './random.ts'
import { isFinal, isInvalid, note, type Item, type Request } from './requests.ts'
import type { Sender } from './send.ts'

export interface WorkloadOptions {
  readonly ledger: Ledger
  readonly sender: Sender
  /** Different events to send. */
  readonly events: number
  /** Over which their requests are spread, whatever becomes of the answers. */
  readonly sendMs: number
  /** While it says so, a little is sent even after that: a fault without load proves nothing. */
  readonly isStorming: () => boolean
  /** How little. @default 100 */
  readonly trickleEventsPerSecond?: number
  /** Gives up on what is unknown then. */
  readonly signal: AbortSignal
}

export interface Workload {
  readonly requests: { sent: number; attempts: number; open: number }
  /** The longest a request waited beyond its scheduled time, in milliseconds. */
  readonly maxBehindMs: number
  /** Resolves when every request's fate is known, or the signal is aborted. */
  readonly done: Promise<void>
  /** Sends so many more events; resolves like `done`. */
  sendMore(events: number, overMs: number): Promise<void>
}

const MAX_OPEN_REQUESTS = 200
const LARGEST_BATCH = 100
const INVALID_SHARE = 0.01
const UPDATE_SHARE = 0.03
const ORDERED_SHARE = 0.25

/** Sends at scheduled times (an open loop): a slow pipeline gets no fewer requests for being slow. */
export function startWorkload(options: WorkloadOptions): Workload {
  const { ledger, events, sendMs, signal, trickleEventsPerSecond = 100 } = options
  const random = createRandom(ledger.seed, 'workload')
  const requests = { sent: 0, attempts: 0, open: 0 }
  const state = { maxBehindMs: 0 }
  const updates: Copy[] = []
  const lastByAccount = new Map<Account, Promise<void>>()
  const running = new Set<Promise<void>>()
  const ordered = ledger.accounts.filter(({ manner }) => manner === 'ordered')
  let invalidEvents = 0

  const sendUntilKnown = async (request: Request): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      requests.attempts += 1
      const answer = await options.sender.send(request.body)
      if (answer !== null && isFinal(answer)) {
        note(ledger, request, answer)
        keepForUpdate(request, updates, random)
        return
      }
      ledger.counts.unknownAnswers += 1
      const waitMs = Math.min(2_000, 100 * 2 ** attempt) * (0.5 + Math.random())
      await delay(waitMs, null, { signal }).catch(() => {})
    }
  }

  const hasEarly = hasErased(ledger.accounts)
  const begin = (items: readonly Item[]): Request => {
    const sent = items.map((item) => {
      if (isInvalid(item)) {
        const { invalid: number } = item
        return hasEarly && isEarly(number) ? makeEarlyEvent(number) : makeInvalidEvent(number)
      }
      ledger.invoked(item)
      return makeEvent(ledger.seed, item)
    })
    return { items, body: JSON.stringify(sent.length === 1 ? sent[0] : sent) }
  }

  const dispatch = (run: () => Promise<void>): Promise<void> => {
    requests.open += 1
    return run().finally(() => (requests.open -= 1))
  }

  const plan = (left: number): { readonly size: number; readonly sent: Promise<void> } => {
    const size = Math.min(left, batchSize(random))
    if (ordered.length > 0 && random.chance(ORDERED_SHARE)) {
      const account = random.pick(ordered)
      const copies = openCopies(ledger, () => account, Math.min(size, 20))
      const request = begin(copies)
      const before = lastByAccount.get(account) ?? Promise.resolve()
      // The next after the answer: that is what order is promised for.
      const sent = dispatch(() => before.then(() => sendUntilKnown(request)))
      lastByAccount.set(account, sent)
      return { size: copies.length, sent }
    }
    const copies: Item[] = openCopies(ledger, () => pickUnordered(ledger.accounts, random), size)
    copies.push(...updates.splice(0, Math.ceil(size * UPDATE_SHARE)))
    if (random.chance(INVALID_SHARE * size)) copies.push({ invalid: invalidEvents++ })
    const request = begin(random.shuffle(copies))
    return { size, sent: dispatch(() => sendUntilKnown(request)) }
  }

  const spread = async (count: number, overMs: number): Promise<void> => {
    const startedAt = performance.now()
    for (let sentEvents = 0; sentEvents < count && !signal.aborted;) {
      const dueMs = (sentEvents / count) * overMs
      const behindMs = performance.now() - startedAt - dueMs
      if (behindMs < 0) await delay(-behindMs)
      while (requests.open >= MAX_OPEN_REQUESTS && !signal.aborted) await delay(5)
      state.maxBehindMs = Math.max(state.maxBehindMs, performance.now() - startedAt - dueMs)
      const { size, sent } = plan(count - sentEvents)
      requests.sent += 1
      sentEvents += size
      running.add(sent)
      void sent.finally(() => running.delete(sent))
    }
  }

  const sendMore = async (count: number, overMs: number): Promise<void> => {
    await spread(count, overMs)
    await Promise.all(running)
  }
  const run = async (): Promise<void> => {
    await spread(events, sendMs)
    while (options.isStorming() && !signal.aborted) await spread(trickleEventsPerSecond, 1_000)
    await Promise.all(running)
  }
  return {
    requests,
    done: run(),
    sendMore,
    get maxBehindMs() {
      return state.maxBehindMs
    },
  }
}

function batchSize(random: Random): number {
  return random.chance(0.3) ? 1 : Math.round(random.logUniform(2, LARGEST_BATCH))
}

function openCopies(ledger: Ledger, account: () => Account, count: number): Copy[] {
  return Array.from({ length: count }, () => {
    const owner = account()
    return { account: owner, seq: ledger.open(owner), version: 0 }
  })
}

/**
 * Sends these copies in one request, the same bytes again until every fate is known.
 * @returns whether that came to be before the signal.
 */
export async function sendCopies(
  copies: readonly Copy[],
  options: Pick<WorkloadOptions, 'ledger' | 'sender' | 'signal'>,
): Promise<boolean> {
  const { ledger, sender, signal } = options
  for (const copy of copies) ledger.invoked(copy)
  const body = JSON.stringify(copies.map((copy) => makeEvent(ledger.seed, copy)))
  while (!signal.aborted) {
    const answer = await sender.send(body)
    if (answer !== null && isFinal(answer)) {
      note(ledger, { items: copies, body }, answer)
      return true
    }
    ledger.counts.unknownAnswers += 1
    await delay(100, null, { signal }).catch(() => {})
  }
  return false
}

/** Only what is known to be accepted is updated, and never an ordered account's: its offsets tell its order. */
function keepForUpdate(request: Request, updates: Copy[], random: Random): void {
  if (updates.length > 1_000) return
  for (const item of request.items) {
    if (isInvalid(item) || item.account.manner === 'ordered') continue
    if (random.chance(UPDATE_SHARE)) updates.push({ ...item, version: item.version + 1 })
  }
}
