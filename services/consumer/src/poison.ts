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

/** Remembers how many of a topic's last records were set aside; forgotten with the process. */
export interface PoisonWindow {
  /**
   * With what came before it: are these bad records a bad deploy rather than bad data? Not where an operator
   * has allowed so many.
   */
  isTooMuch(batch: PoisonCount): boolean
  /** Counts a batch, once everything in it is accounted for. */
  settled(batch: PoisonCount): void
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
  const settled: PoisonCount[] = []
  let allowed = options.allowed ?? 0
  const exceeds = (batch: PoisonCount): boolean =>
    batch.bad > 0 && (isTooMuchPoison(batch) || isTooMuchPoison(sum([...settled, batch])))
  return {
    isTooMuch: (batch) => exceeds(batch) && batch.bad > allowed,
    settled: (batch) => {
      if (exceeds(batch) && batch.bad <= allowed) {
        allowed -= batch.bad
        onAllowed(batch.bad, allowed)
        // They were looked at, and speak against nothing that follows.
        settled.push({ bad: 0, records: batch.records - batch.bad })
      } else settled.push(batch)
      while (sum(settled.slice(1)).records >= windowRecords) settled.shift()
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
    readonly records: number
    readonly onUnknownSchema: OnUnknownSchema
    readonly window: Pick<PoisonWindow, 'isTooMuch'>
  },
): 'set_aside' | 'unknown_schema' | 'too_much_poison' {
  if (situation.onUnknownSchema === 'halt' && reasons.includes('unknown_schema')) {
    return 'unknown_schema'
  }
  const count = { bad: badData(reasons), records: situation.records }
  return situation.window.isTooMuch(count) ? 'too_much_poison' : 'set_aside'
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
