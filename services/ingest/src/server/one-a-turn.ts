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
