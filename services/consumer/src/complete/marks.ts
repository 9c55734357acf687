/** A moment, and where a partition ended when it was asked after that moment: what was acknowledged before lies below. */
export interface Mark {
  /** Milliseconds since 1970, by the clock of ClickHouse. */
  readonly atMs: number
  readonly end: number
}

/** Marks of one partition that are not passed yet, in the order of time. */
export interface Marks {
  add(mark: Mark): void
  /** The latest moment of which everything lies below `next`; `null`: of none. What is older is forgotten. */
  passed(next: number): number | null
}

/** Enough for a minute of looks; a backlog of hours keeps fewer and fewer of them, hours apart. */
export const MAX_MARKS = 64

export function createMarks(): Marks {
  let marks: Mark[] = []
  return {
    add: (mark) => {
      // An end that has not moved says more of the later moment.
      if (marks.at(-1)?.end === mark.end) marks.pop()
      marks.push(mark)
      // Every other one goes, the last one never: of that many there are an odd number.
      if (marks.length > MAX_MARKS) marks = marks.filter((_, index) => index % 2 === 0)
    },
    passed: (next) => {
      const reached = marks.findLastIndex(({ end }) => end <= next)
      if (reached === -1) return null
      const atMs = marks[reached]?.atMs ?? null
      marks = marks.slice(reached + 1)
      return atMs
    },
  }
}
