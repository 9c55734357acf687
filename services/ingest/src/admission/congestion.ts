import { createBacklog } from './backlog.ts'
import type { LoopLook } from './loop-look.ts'

/** Whether requests come faster than the event loop can judge them. */
export interface Congestion {
  /** Whether a request that is seen at this moment must be refused. */
  refuses(look: LoopLook): boolean
}

export interface CongestionLimits {
  /** So many requests of a turn are always taken while there is no congestion, whatever they cost. */
  readonly minTaken: number
  /** Longer than any pause of the garbage collector or body of 5 MiB takes. */
  readonly longTurnMs: number
  /** Below that, were all requests taken in one turn, refusing some helps nobody. */
  readonly shortTurnMs: number
  /** A pause is made up for within that time, and then the loop waits again. */
  readonly standingMs: number
  /** Waiting for less in that time is only the look at what is ready, or another program's turn. */
  readonly leastIdleMs: number
  /** What a turn may at least spend on taking requests in congestion; the rest of them is refused. */
  readonly takingMs: number
  /** Congestion is over when nothing had to be refused for so long. */
  readonly calmMs: number
}

export const CONGESTION_LIMITS: CongestionLimits = {
  minTaken: 16,
  longTurnMs: 400,
  shortTurnMs: 200,
  standingMs: 1_000,
  leastIdleMs: 10,
  takingMs: 10,
  calmMs: 2_000,
}

/**
 * Requests that nobody has looked at wait in the kernel, where they can neither be counted nor dated.
 * But a loop that has waited knows that there were none; one that has not waited for a second, and that
 * needs a long turn for what it found, has a queue that stands. From then on each turn takes requests for a
 * few milliseconds and refuses the others that it finds, which are those that came last: so a turn stays
 * short, and whoever is refused has waited for one turn at most. Where the last turn needed longer than
 * that to refuse, the next takes requests for as long, or all the time would go into refusing. It is the
 * controlled delay of CoDel (RFC 8289) in the form of "Fail at Scale" (ACM Queue 13/8): a long queue is no
 * harm as long as it empties.
 *
 * The length of turns alone would not do: on a busy machine other programs make them long, and a loop
 * that then waits again has kept up all the same. Nor would both: clients that send again as soon as they
 * have an answer, the refused ones too, leave no loop a pause, however few they are; were they refused
 * because one turn was long, they would be for ever. So it also counts what the requests of a turn cost by
 * the last second.
 */
export function createCongestion(limits: CongestionLimits = CONGESTION_LIMITS): Congestion {
  const backlog = createBacklog()
  let turn: number | null = null
  let turnSinceMs = 0
  let taken = 0
  let busySinceMs = 0
  let idleBeforeMs = 0
  let refusedAtMs: number | null = null
  /** Of this turn. */
  let refusingSinceMs: number | null = null
  let takingMs = limits.takingMs

  const beginTurn = (look: LoopLook): void => {
    if (turn === null || look.idleMs - idleBeforeMs >= limits.leastIdleMs) {
      busySinceMs = look.nowMs
      idleBeforeMs = look.idleMs
    }
    backlog.beginTurn(look)
    const refusingMs =
      refusedAtMs === null || refusingSinceMs === null ? 0 : refusedAtMs - refusingSinceMs
    takingMs = Math.max(limits.takingMs, Math.min(limits.shortTurnMs, refusingMs))
    refusingSinceMs = null
    if (refusedAtMs !== null && isOver(look.nowMs - refusedAtMs)) refusedAtMs = null
    turn = look.turn
    turnSinceMs = look.nowMs
    taken = 0
  }

  const isOver = (calmForMs: number): boolean =>
    calmForMs >= limits.calmMs || backlog.mostMs() < limits.shortTurnMs

  const isStanding = ({ nowMs }: LoopLook): boolean =>
    taken >= limits.minTaken &&
    nowMs - turnSinceMs >= limits.longTurnMs &&
    nowMs - busySinceMs >= limits.standingMs &&
    backlog.foundMs() >= limits.longTurnMs

  return {
    refuses: (look) => {
      if (look.turn !== turn) beginTurn(look)
      const isSpent = taken > 0 && look.nowMs - turnSinceMs >= takingMs
      const isCongested = refusedAtMs !== null || isStanding(look)
      const isRefused = isCongested && isSpent
      backlog.add(look, isRefused)
      if (!isRefused) {
        taken += 1
        return false
      }
      refusedAtMs = look.nowMs
      refusingSinceMs ??= look.nowMs
      return true
    },
  }
}
