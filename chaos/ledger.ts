import { isErased, type Account } from './accounts.ts'
import { eventId, parseEventId, type Copy } from './event.ts'

/** What the ledger knows of one event. */
export interface Entry {
  /** Highest version whose acceptance was read, or -1. */
  accepted: number
  /** Highest version that was ever sent; above `accepted` its fate is unknown. */
  invoked: number
  /** Valid and yet refused for good: always a finding. */
  isRejected: boolean
  /** Where the last accepted copy lies in Kafka, by its receipt. */
  partition: number
  offset: number
  /** Milliseconds since 1970 when the answer of the first acceptance was read. */
  acceptedAtMs: number
}

export interface Place {
  readonly partition: number
  readonly offset: number
}

export interface AcceptedCopy extends Place {
  readonly eventId: string
}

/** The truth about a run, kept by the process that is never killed. */
export interface Ledger {
  readonly seed: number
  readonly accounts: readonly Account[]
  /** Makes room for the next event of an account. @returns its number within the account. */
  open(account: Account): number
  invoked(copy: Copy): void
  accepted(copy: Copy, place: Place): void
  rejected(copy: Copy): void
  /** Ignored because who sent it was erased. */
  erased(): void
  /** An event that must be rejected was: its number. */
  refused(number: number): void
  /** Copies accepted since the last call; whoever takes them watches over them. */
  takeAccepted(): readonly AcceptedCopy[]
  entry(account: number, seq: number): Entry | undefined
  find(eventId: string): Entry | undefined
  entries(): Iterable<{ readonly account: Account; readonly seq: number; readonly entry: Entry }>
  readonly counts: Counts
  /** Numbers of the events that were rejected as they should. */
  readonly refusedNumbers: ReadonlySet<number>
}

export interface Counts {
  /** Events sent at least once. */
  events: number
  /** Events of which a copy was accepted. */
  accepted: number
  updates: number
  /** Events that were ignored because who sent them was erased. */
  erased: number
  /** Invalid events that were rejected, as they should. */
  rejected: number
  /** Valid events rejected or invalid ones accepted. */
  misjudged: number
  /** Answers that left the fate of a request unknown: none, or "send it again". */
  unknownAnswers: number
}

export function createLedger(seed: number, accounts: readonly Account[]): Ledger {
  const entriesByAccount: Entry[][] = accounts.map(() => [])
  const counts: Counts = {
    events: 0,
    accepted: 0,
    updates: 0,
    erased: 0,
    rejected: 0,
    misjudged: 0,
    unknownAnswers: 0,
  }
  const refusedNumbers = new Set<number>()
  let taken: AcceptedCopy[] = []
  const entryOf = ({ account, seq }: Copy): Entry => {
    const entry = entriesByAccount[account.index]?.[seq]
    if (entry === undefined) throw new Error(`event ${account.index}.${seq} was never opened`)
    return entry
  }
  return {
    seed,
    accounts,
    counts,
    refusedNumbers,
    open: (account) => {
      const entries = entriesByAccount[account.index] ?? []
      counts.events += 1
      return entries.push(newEntry()) - 1
    },
    invoked: (copy) => {
      const entry = entryOf(copy)
      entry.invoked = Math.max(entry.invoked, copy.version)
    },
    accepted: (copy, place) => {
      const entry = entryOf(copy)
      if (entry.accepted < 0) {
        counts.accepted += 1
        entry.acceptedAtMs = Date.now()
      } else counts.updates += 1
      entry.accepted = Math.max(entry.accepted, copy.version)
      entry.partition = place.partition
      entry.offset = place.offset
      // What is erased cannot be watched over: it is there, and then it is not.
      if (isErased(copy)) return
      taken.push({ ...place, eventId: eventId(copy.account.index, copy.seq) })
    },
    takeAccepted: () => {
      const accepted = taken
      taken = []
      return accepted
    },
    erased: () => {
      counts.erased += 1
    },
    refused: (number) => {
      counts.rejected += 1
      refusedNumbers.add(number)
    },
    rejected: (copy) => {
      entryOf(copy).isRejected = true
      counts.misjudged += 1
    },
    entry: (account, seq) => entriesByAccount[account]?.[seq],
    find: (id) => {
      const key = parseEventId(id)
      return key === null ? undefined : entriesByAccount[key.account]?.[key.seq]
    },
    entries: function* () {
      for (const account of accounts) {
        for (const [seq, entry] of entriesByAccount[account.index]?.entries() ?? []) {
          yield { account, seq, entry }
        }
      }
    },
  }
}

function newEntry(): Entry {
  return {
    accepted: -1,
    invoked: -1,
    isRejected: false,
    partition: -1,
    offset: -1,
    acceptedAtMs: 0,
  }
}
