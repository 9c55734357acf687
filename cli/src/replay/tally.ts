import type { Fate, Judged } from './sources/judged.ts'

/** What became, or would become, of one refused event or record. */
export type Outcome = Fate['kind'] | 'unacknowledged'

/** One topic and code of the first refusal. */
export type TallyRow = Record<Outcome, number> & { readonly topic: string; readonly code: string }

export interface Tally {
  readonly rowByCode: Map<string, TallyRow>
  /** Of those that would be refused again. */
  readonly countByRefusal: Map<string, number>
  /** Those that cannot be replayed as they are, by reason: how many, and the names of the first. */
  readonly unusableByReason: Map<string, { count: number; readonly names: string[] }>
  found: number
  unacknowledged: number
  /** Replayed, but still told to be open. */
  unmarked: number
}

/** At most so many names of one kind are kept, and printed: the tables have them all, which may be millions. */
const MAX_NAMES = 10

export function emptyTally(): Tally {
  return {
    rowByCode: new Map(),
    countByRefusal: new Map(),
    unusableByReason: new Map(),
    found: 0,
    unacknowledged: 0,
    unmarked: 0,
  }
}

export function add(tally: Tally, judged: Judged, outcome: Outcome): void {
  const { topic, code, fate } = judged
  const key = JSON.stringify([topic, code])
  const row = tally.rowByCode.get(key) ?? { ...NOTHING, topic, code }
  tally.rowByCode.set(key, row)
  row[outcome] += 1
  tally.found += 1
  if (outcome === 'unacknowledged') tally.unacknowledged += 1
  if (fate.kind === 'refused') {
    tally.countByRefusal.set(fate.code, (tally.countByRefusal.get(fate.code) ?? 0) + 1)
  }
  if (fate.kind === 'unusable') {
    const some = tally.unusableByReason.get(fate.reason) ?? { count: 0, names: [] }
    tally.unusableByReason.set(fate.reason, some)
    some.count += 1
    if (some.names.length < MAX_NAMES) some.names.push(judged.name)
  }
}

const NOTHING = { replay: 0, superseded: 0, refused: 0, unusable: 0, unacknowledged: 0 }

/** How many had this outcome, over all codes. */
export function total(tally: Tally, outcome: Outcome): number {
  return [...tally.rowByCode.values()].reduce((sum, row) => sum + row[outcome], 0)
}

/** Whether nothing is left open. */
export function isComplete(tally: Tally): boolean {
  const open = (['refused', 'unusable', 'unacknowledged'] as const).map((outcome) =>
    total(tally, outcome),
  )
  return open.every((number) => number === 0) && tally.unmarked === 0
}

/** How many had each outcome, over all codes. */
export function countsByOutcome(tally: Tally): Readonly<Record<Outcome, number>> {
  const names = Object.keys(NOTHING) as readonly Outcome[] // it has exactly these keys
  return Object.fromEntries(names.map((name) => [name, total(tally, name)])) as Record<
    Outcome,
    number
  > // of each
}
