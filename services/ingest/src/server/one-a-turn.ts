/** Runs work that can wait, after what the loop has found in this turn. */
export type OneATurn = (work: () => void) => void

/**
 * Each turn of the event loop does one piece of the work that waits, in the order in which it came. So a short request
 * waits for one piece of each kind at most.
 */
export function createOneATurn(): OneATurn {
  const waiting: (() => void)[] = []
  const doOne = (): void => {
    const work = waiting.shift()
    if (waiting.length > 0) setImmediate(doOne)
    work?.()
  }
  return (work) => {
    if (waiting.push(work) === 1) setImmediate(doOne)
  }
}

/** Work that took so long in one piece is followed by one turn, twice as long by two. */
const MS_FOR_A_TURN = 4
const MAX_TURNS = 32

/**
 * How many turns of the loop others should have after work that took so long in one piece. libuv accepts one connection
 * in a turn: were each turn as long as the parsing of a mebibyte, newcomers would wait for ever.
 */
export function turnsAfter(tookMs: number): number {
  return Math.min(MAX_TURNS, Math.max(1, Math.ceil(tookMs / MS_FOR_A_TURN)))
}

/** Runs the work after so many turns of the loop. */
export function afterTurns(turns: number, work: () => void): void {
  setImmediate(() => (turns <= 1 ? work() : afterTurns(turns - 1, work)))
}
