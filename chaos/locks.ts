/** Lets one fault at a time have each of its victims, so that a heal never undoes another fault. */
export interface Locks {
  /** Takes all of them; the returned function gives them back. */
  all(names: readonly string[]): Promise<() => void>
  /** Takes the first that is free, or waits for one; `names` is asked again after each wait. */
  any(
    names: () => readonly string[],
  ): Promise<{ readonly name: string; readonly release: () => void }>
}

export function createLocks(): Locks {
  const taken = new Set<string>()
  let wake = Promise.withResolvers<void>()
  const give = (names: readonly string[]) => (): void => {
    for (const name of names) taken.delete(name)
    wake.resolve()
    wake = Promise.withResolvers()
  }
  return {
    all: async (names) => {
      while (names.some((name) => taken.has(name))) await wake.promise
      for (const name of names) taken.add(name)
      return give(names)
    },
    any: async (names) => {
      for (;;) {
        const name = names().find((each) => !taken.has(each))
        if (name !== undefined) {
          taken.add(name)
          return { name, release: give([name]) }
        }
        await wake.promise
      }
    },
  }
}
