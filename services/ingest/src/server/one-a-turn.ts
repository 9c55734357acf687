/** Runs work that can wait, after what the loop has found in this turn. */
export type OneATurn = (work: () => void) => void

/**
 * Of all the work that waits one is done in each turn of the event loop, first come first served: it waits for its like,
 * and a short request waits for no more than one of them.
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
