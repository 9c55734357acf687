/**
 * Lets one fault at a time have each of its victims, so that a heal never undoes another fault. Whoever
 * came first is served first: a fault that wants everything waits no longer than those before it last.
 */
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
  /** What those who wait for several want; nobody who came later may take any of it. */
  const wanted: (readonly string[])[] = []
  let wake = Promise.withResolvers<void>()
  const wakeAll = (): void => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const give = (names: readonly string[]) => (): void => {
    for (const name of names) taken.delete(name)
    wakeAll()
  }
  const isFree = (name: string, before: number): boolean =>
    !taken.has(name) && !wanted.slice(0, before).some((names) => names.includes(name))
  return {
    all: async (names) => {
      wanted.push(names)
      while (!names.every((name) => isFree(name, wanted.indexOf(names)))) await wake.promise
      for (const name of names) taken.add(name)
      wanted.splice(wanted.indexOf(names), 1)
      wakeAll()
      return give(names)
    },
    any: async (names) => {
      for (;;) {
        // One of many will do, so it lets those who want several go first, even if they came later.
        const name = names().find((each) => isFree(each, wanted.length))
        if (name !== undefined) {
          taken.add(name)
          return { name, release: give([name]) }
        }
        await wake.promise
      }
    },
  }
}
