/** An answer that is asked for again only when it is old. */
export interface RecentAnswer<T> {
  /**
   * What was said at most so long ago. Who asks while a question is on its way that was begun at most so long ago gets the answer
   * to that, however long it takes.
   *
   * @param isAnew asks now, whatever is known.
   */
  get(isAnew?: boolean): Promise<T>
  /** Whoever asks next asks anew. */
  forget(): void
}

export function createRecentAnswer<T>(options: {
  readonly ask: () => Promise<T>
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  readonly forMs: number
}): RecentAnswer<T> {
  const { ask, now, forMs } = options
  let last: { readonly answer: Promise<T>; readonly askedAt: number } | null = null
  const begin = (): Promise<T> => {
    const begun = { askedAt: now(), answer: ask() }
    last = begun
    begun.answer.catch(() => {
      if (last === begun) last = null
    })
    return begun.answer
  }
  return {
    get: (isAnew = false) =>
      isAnew || last === null || now() - last.askedAt > forMs ? begin() : last.answer,
    forget: () => {
      last = null
    },
  }
}
