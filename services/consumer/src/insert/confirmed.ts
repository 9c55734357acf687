import { classify, ClickHouseFailure, type RegisteredLog } from '@custom-events/clickhouse'
import type { InsertPorts } from './insert-ports.ts'
import { refusedQuestion } from './retry.ts'

/**
 * Waits until ClickHouse has said that rows of this log may go there. Not answering says nothing about the batch: it is neither
 * split nor looked into for that.
 *
 * @returns whether it said so at once. If not, it may have been another server that was asked things before.
 * @throws {Abandoned} when rows of this log may not go there, or nobody waits any more.
 */
export async function confirmed(
  { confirm, retryLoop }: Pick<InsertPorts, 'confirm' | 'retryLoop'>,
  log: RegisteredLog,
  isAnew: boolean,
): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await confirm(log, isAnew)
      return attempt === 0
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error
      await retryLoop.wait(refusedQuestion(classify(error.failure), attempt, error))
    }
  }
}
