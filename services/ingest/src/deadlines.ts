/** Something that has to be over by a certain time. */
export interface Overdue {
  /** By `performance.now()`; set by `add`. */
  dueAt: number
  onOverdue(): void
}

/** Waits of one length, for many at a time. */
export interface Deadlines {
  add(item: Overdue): void
  /** Does nothing for an item that is over already. */
  remove(item: Overdue): void
}

/**
 * One timer for all waits of the same length: they end in the order in which they began, so that it
 * needs to be set only for the first, and not three times for each request.
 */
export function createDeadlines(waitMs: number): Deadlines {
  const items = new Set<Overdue>() // in the order of their deadlines
  let timer: NodeJS.Timeout | null = null

  const settleOverdue = (): void => {
    timer = null
    const now = performance.now()
    for (const item of items) {
      if (item.dueAt > now) return arm(item.dueAt - now)
      items.delete(item)
      item.onOverdue()
    }
  }
  const arm = (inMs: number): void => {
    timer ??= setTimeout(settleOverdue, Math.ceil(inMs)).unref()
  }

  return {
    add: (item) => {
      item.dueAt = performance.now() + waitMs
      items.add(item)
      if (timer === null) arm(waitMs)
    },
    remove: (item) => {
      items.delete(item)
    },
  }
}
