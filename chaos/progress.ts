import type { Done } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Fault } from './schedule.ts'
import type { Watched } from './watch.ts'
import type { Workload } from './workload.ts'

const EVERY_MS = 3_000

/** A line every few seconds about how far the run is. @returns a function that stops it. */
export function startProgress(options: {
  readonly say: (line: string) => void
  readonly ledger: Ledger
  readonly workload: Workload
  readonly watched: Watched
  readonly schedule: readonly Fault[]
  readonly active: ReadonlySet<Fault>
  readonly done: readonly Done[]
}): () => void {
  const { say, ledger, workload, watched, schedule, active, done } = options
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    const now = [...active].map(({ kind }) => kind).join(', ')
    say(
      `${seconds} s · accepted ${ledger.counts.accepted} of ${ledger.counts.events} · ` +
        `${workload.requests.open} requests open · lag ${watched.lag} · ` +
        `faults ${done.length}/${schedule.length}${now === '' ? '' : ` · now ${now}`}` +
        (watched.violations.length === 0 ? '' : ` · ${watched.violations.length} VIOLATIONS`),
    )
  }, EVERY_MS)
  return () => clearInterval(timer)
}
