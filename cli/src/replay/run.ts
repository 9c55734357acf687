import { hashOfId } from '@custom-events/clickhouse'
import { audited } from '../audit/audited.ts'
import type { Filter } from './sources/judged.ts'
import type { OpenReplay } from './open.ts'
import { createProgress } from './progress.ts'
import { count, replay } from './replay.ts'
import { planLines, resultLines } from './report.ts'
import { countsByOutcome, isComplete, total, type Tally } from './tally.ts'

/** What an operator asked for. */
export interface ReplayRequest {
  readonly from: 'dead-letters' | 'rejected'
  readonly isDryRun: boolean
  readonly filter: Filter
  /** Who does it, as they say. */
  readonly by?: string | undefined
}

/** As a shell reports a command that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130

/** Where a person or a log reads. */
export interface Screen {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/**
 * Counts, says so, and unless told otherwise replays and says what came of it.
 * @returns the exit code. @throws when a server cannot be used.
 */
export async function runReplay(
  { isDryRun, ...asked }: ReplayRequest,
  parts: Pick<OpenReplay, 'source' | 'caughtUp' | 'fix'> & {
    readonly clickhouse: Pick<OpenReplay['clickhouse'], 'query' | 'command' | 'user'>
    readonly producer: Pick<OpenReplay['producer'], 'produce'>
    readonly stop: AbortSignal
  },
  { isTerminal, write }: Screen,
): Promise<number> {
  const { source, stop } = parts
  const print = (lines: readonly string[]): void => write(lines.map((line) => `${line}\n`).join(''))
  if (!isDryRun) await parts.caughtUp() // so that what is said is what will be done
  const plan = await count(parts)
  print(planLines(source.title, plan, await source.countResolved()))
  if (stop.aborted) return EXIT_INTERRUPTED
  if (isDryRun) {
    print(['Dry run: nothing was changed.'])
    return 0
  }
  if (total(plan, 'replay') + total(plan, 'superseded') === 0) {
    if (plan.found > 0) print(resultLines(source.title, plan, false))
    return isComplete(plan) ? 0 : 1
  }

  const now = (): number => performance.now()
  const progress = createProgress({ total: plan.found, isTerminal, write, now })
  try {
    const wasStoppedAt = ({ found }: Tally): boolean => stop.aborted && found < plan.found
    const done = await audited(
      parts.clickhouse,
      { command: 'replay', args: auditedArguments(asked), by: asked.by },
      {
        fix: parts.fix,
        hidden: asked.filter.groupId === null ? [] : [asked.filter.groupId],
        run: () => replay({ ...parts, onProgress: ({ found }) => progress.update(found) }),
        tell: (tally) => ({
          outcome: wasStoppedAt(tally) ? 'stopped' : 'done',
          counts: { found: tally.found, ...countsByOutcome(tally) },
        }),
      },
    )
    progress.end()
    const wasStopped = wasStoppedAt(done)
    print(resultLines(source.title, done, wasStopped))
    if (wasStopped) return EXIT_INTERRUPTED
    return isComplete(done) ? 0 : 1
  } finally {
    progress.end()
  }
}

/** Of an account only a hash. */
function auditedArguments({ from, filter }: Pick<ReplayRequest, 'from' | 'filter'>) {
  const { sinceMs, untilMs, codes, groupId, isForced } = filter
  const [since, until] = [new Date(sinceMs).toISOString(), new Date(untilMs).toISOString()]
  const ofAccount = groupId === null ? {} : { group_hash: hashOfId(groupId) }
  return { from, since, until, codes, ...ofAccount, force: isForced }
}
