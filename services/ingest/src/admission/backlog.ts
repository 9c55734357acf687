import type { LoopLook } from './loop-look.ts'

/** What the requests that the loop finds in a turn cost, judged by the last second. */
export interface Backlog {
  /** Called at the first request of a turn, before it is added. */
  beginTurn(look: LoopLook): void
  add(look: LoopLook, isRefused: boolean): void
  /** What taking all requests of this turn so far should cost; without end as long as no cost is known. */
  foundMs(): number
  /** The same for the turn of the last minute or two that found the most. */
  mostMs(): number
}

/** Long enough for a pause of the machine to be a part of it only. */
const COST_WINDOW_MS = 1_000
/**
 * While requests are refused at once, fewer wait at the same time than would otherwise; how many it was
 * must be known for longer than that, or a flood would be let in again every few seconds to find out.
 */
const MEMORY_MS = 60_000

/**
 * Whoever waits for an answer sends nothing else meanwhile, so a loop finds of each client one request a
 * turn: their number times the cost of one is how long a turn lasts that takes them all, and nobody waits
 * for longer than two such turns. The clock's time counts, not the processor's: it is what clients wait for.
 */
export function createBacklog(): Backlog {
  let found = 0
  let most = 0
  let mostBefore = 0
  let memorySinceMs = -Infinity
  let costMs = Infinity
  let window = openWindow({ turn: 0, nowMs: -Infinity, idleMs: 0 })
  return {
    beginTurn: (look) => {
      most = Math.max(most, found)
      found = 0
      if (look.nowMs - window.since.nowMs >= COST_WINDOW_MS) {
        costMs = window.costMs(look) ?? costMs
        window = openWindow(look)
      }
      if (look.nowMs - memorySinceMs >= MEMORY_MS) {
        mostBefore = most
        most = 0
        memorySinceMs = look.nowMs
      }
    },
    add: (look, isRefused) => {
      found += 1
      window.add(look, isRefused)
    },
    foundMs: () => found * costMs,
    mostMs: () => Math.max(found, most, mostBefore) * costMs,
  }
}

/** Counts from a turn's beginning to another's. */
function openWindow(since: LoopLook) {
  let taken = 0
  let refused = 0
  let refusedBefore: LoopLook | null = null
  /** Between two refusals that follow each other lies nothing but the first. */
  let [pairs, pairsMs] = [0, 0]
  return {
    since,
    add: (look: LoopLook, isRefused: boolean): void => {
      if (!isRefused) {
        taken += 1
        refusedBefore = null
        return
      }
      refused += 1
      if (refusedBefore?.turn === look.turn) {
        pairs += 1
        pairsMs += look.nowMs - refusedBefore.nowMs
      }
      refusedBefore = look
    },
    /** What a taken request cost: all that the loop did, but for refusing. */
    costMs: (look: LoopLook): number | null => {
      const busyMs = look.nowMs - since.nowMs - (look.idleMs - since.idleMs)
      const refusingMs = pairs === 0 ? 0 : (refused * pairsMs) / pairs
      return taken === 0 ? null : Math.max(0, busyMs - refusingMs) / taken
    },
  }
}
