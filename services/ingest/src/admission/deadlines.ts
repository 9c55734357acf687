/** Something that has to be over by a certain time. */
export interface Overdue {
  /** By `performance.now()`; set by `add`. */
  dueAt: number
  onOverdue(): void
  /** Its neighbours while it waits, for `Deadlines` alone. */
  earlier?: Overdue | null
  later?: Overdue | null
}

/** Waits of one length, for many at a time. */
export interface Deadlines {
  add(item: Overdue): void
  /** Does nothing for an item that is over already. */
  remove(item: Overdue): void
}

/**
 * One timer for all waits of the same length: they end in the order in which they began, so that it
 * needs to be set only for the first, and not three times for each request. They are chained to one
 * another, because each request comes and goes twice.
 */
export function createDeadlines(waitMs: number): Deadlines {
  let first: Overdue | null = null
  let last: Overdue | null = null
  let timer: NodeJS.Timeout | null = null

  const remove = (item: Overdue): void => {
    const { earlier = null, later = null } = item
    if (earlier === null && first !== item) return
    if (earlier === null) first = later
    else earlier.later = later
    if (later === null) last = earlier
    else later.earlier = earlier
    item.earlier = null
    item.later = null
  }
  const settleOverdue = (): void => {
    timer = null
    const now = performance.now()
    for (let item = first; item !== null; item = first) {
      if (item.dueAt > now) return arm(item.dueAt - now)
      remove(item)
      item.onOverdue()
    }
  }
  const arm = (inMs: number): void => {
    timer ??= setTimeout(settleOverdue, Math.ceil(inMs)).unref()
  }

  return {
    add: (item) => {
      item.dueAt = performance.now() + waitMs
      item.earlier = last
      item.later = null
      if (last === null) first = item
      else last.later = item
      last = item
      if (timer === null) arm(waitMs)
    },
    remove,
  }
}
