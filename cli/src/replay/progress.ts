const BAR_CHARS = 30
/** A log of a scheduled run should tell that it goes on, not fill up. */
const PLAIN_EVERY_MS = 10_000

/** Tells how far it is: one line that is written over on a terminal, a line now and then elsewhere. */
export interface Progress {
  update(done: number): void
  /** Ends the line. */
  end(): void
}

export function createProgress(options: {
  readonly total: number
  readonly isTerminal: boolean
  readonly write: (text: string) => void
  /** Milliseconds, from anywhere. */
  readonly now: () => number
}): Progress {
  const { total, isTerminal, write, now } = options
  let toldAt = now()
  let isLineOpen = false
  return {
    update: (done) => {
      if (isTerminal) {
        write(`\r${bar(done, total)}`)
        isLineOpen = true
      } else if (now() - toldAt >= PLAIN_EVERY_MS) {
        write(`${done} of ${total}\n`)
        toldAt = now()
      }
    },
    end: () => {
      if (isLineOpen) write('\n')
      isLineOpen = false
    },
  }
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(share * BAR_CHARS)
  return `[${'='.repeat(full)}${' '.repeat(BAR_CHARS - full)}] ${done} of ${total}`
}
