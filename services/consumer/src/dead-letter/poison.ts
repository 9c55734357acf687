import type { Undecodable } from '@custom-events/codec'

/**
 * What to do about a schema id that the registry does not have. `halt`: a registry that was restored
 * empty says so of accepted events too.
 */
export const ON_UNKNOWN_SCHEMA = ['halt', 'dead_letter'] as const
export type OnUnknownSchema = (typeof ON_UNKNOWN_SCHEMA)[number]

/** Some records, and how many of them are bad. */
export interface PoisonCount {
  readonly bad: number
  readonly records: number
}

/**
 * Remembers how many of a topic's last records were set aside; forgotten with the process. One batch is in hand at a
 * time; what of it is bad may be found in several steps, and counts together.
 */
export interface PoisonWindow {
  /** A batch of so many records is taken in hand; one that was given up counts for nothing, it is read again. */
  began(records: number): void
  /**
   * With those of the batch that were set aside, and with what came before it: are so many bad records more a bad
   * deploy rather than bad data? Not where an operator has allowed so many.
   */
  isTooMuch(bad: number): boolean
  /** So many of the batch were set aside. */
  setAside(bad: number): void
  /** Counts the batch, once everything in it is accounted for. */
  settled(): void
  /** How many of the batch in hand were set aside. */
  readonly ofBatch: number
  /** How many bad records more are set aside that would halt. */
  readonly allowed: number
}

/** Many batches of the usual size on a quiet topic, a part of one on a busy topic. */
const WINDOW_RECORDS = 5_000

/** More bad records than this among so many are a bad deploy, not bad data. */
export function isTooMuchPoison({ bad, records }: PoisonCount): boolean {
  return bad > Math.max(100, records * 0.2)
}

/**
 * Judges each batch twice: by itself, so that a bad deploy is noticed at once, and with the batches
 * before it, so that it cannot pass in many small ones.
 */
export function createPoisonWindow(
  options: {
    /** @default 5_000 */
    readonly windowRecords?: number
    /** Bad records that an operator lets pass, though they are too many; each counts once. @default 0 */
    readonly allowed?: number
    /** Told of a batch that passed only so. */
    readonly onAllowed?: (setAside: number, left: number) => void
  } = {},
): PoisonWindow {
  const { windowRecords = WINDOW_RECORDS, onAllowed = () => {} } = options
  const past: PoisonCount[] = []
  let allowed = options.allowed ?? 0
  let batch: PoisonCount = { bad: 0, records: 0 }
  const exceeds = (count: PoisonCount): boolean =>
    count.bad > 0 && (isTooMuchPoison(count) || isTooMuchPoison(sum([...past, count])))
  return {
    began: (records) => void (batch = { bad: 0, records }),
    isTooMuch: (more) => {
      const bad = batch.bad + more
      return bad > allowed && exceeds({ ...batch, bad })
    },
    setAside: (more) => void (batch = { ...batch, bad: batch.bad + more }),
    settled: () => {
      const { bad, records } = batch
      if (exceeds(batch) && bad <= allowed) {
        allowed -= bad
        onAllowed(bad, allowed)
        // They were looked at, and speak against nothing that follows.
        past.push({ bad: 0, records: records - bad })
      } else past.push(batch)
      while (sum(past.slice(1)).records >= windowRecords) past.shift()
      batch = { bad: 0, records: 0 }
    },
    get ofBatch() {
      return batch.bad
    },
    get allowed() {
      return allowed
    },
  }
}

function sum(counts: readonly PoisonCount[]): PoisonCount {
  return counts.reduce(
    (total, { bad, records }) => ({ bad: total.bad + bad, records: total.records + records }),
    { bad: 0, records: 0 },
  )
}

/**
 * What is to be done about the records of a batch that do not decode. Unknown schemas are a matter of the
 * registry, not of the records: their number decides nothing, and they do not count as bad data.
 */
export function judgeUndecodable(
  reasons: readonly Undecodable[],
  situation: {
    readonly onUnknownSchema: OnUnknownSchema
    readonly window: Pick<PoisonWindow, 'isTooMuch'>
  },
): 'set_aside' | 'unknown_schema' | 'too_much_poison' {
  if (situation.onUnknownSchema === 'halt' && reasons.includes('unknown_schema')) {
    return 'unknown_schema'
  }
  return situation.window.isTooMuch(badData(reasons)) ? 'too_much_poison' : 'set_aside'
}

/** How many of these speak for bad data. */
export function badData(reasons: readonly Undecodable[]): number {
  return reasons.filter((reason) => reason !== 'unknown_schema').length
}

/** What an operator can do about records that are too many to be bad data. */
export function wayOut(bad: number): string {
  return (
    "Stop their producer. If they are somebody else's, or were made by a release that is gone, start the " +
    `consumers with POISON_SET_ASIDE_UP_TO=${roundUp(bad)} (or more) to set them aside (docs/runbook.md)`
  )
}

function roundUp(bad: number): number {
  return Math.ceil((2 * bad) / 100) * 100
}
