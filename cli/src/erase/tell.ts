/** Where a person or a log reads. */
export interface Screen {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/** A log of a scheduled run should tell that it goes on, not fill up. */
const PLAIN_EVERY_MS = 10_000
const LINE_CHARS = 100

/** Tells steps as lines, and what is waited for as one line that is written over on a terminal. */
export function createTeller({ isTerminal, write }: Screen) {
  let isLineOpen = false
  let toldAt = -Infinity
  const end = (): void => {
    if (isLineOpen) write(`\r${' '.repeat(LINE_CHARS)}\r`)
    isLineOpen = false
  }
  const lines = (all: readonly string[]): void => {
    end()
    write(all.map((line) => `${line}\n`).join(''))
  }
  return {
    end,
    lines,
    step: (text: string) => lines([text]),
    waiting: (text: string) => {
      if (isTerminal) {
        write(`\r${text.slice(0, LINE_CHARS).padEnd(LINE_CHARS)}`)
        isLineOpen = true
      } else if (performance.now() - toldAt >= PLAIN_EVERY_MS) {
        toldAt = performance.now()
        write(`${text}\n`)
      }
    },
  }
}
