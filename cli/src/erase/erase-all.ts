import { ClickHouseFailure, ErasureStalled } from '@custom-events/clickhouse'
import type { Told } from '../audit/audited.ts'
import { StepError, type Fix } from '../step.ts'
import { erase, type ErasePorts } from './erase.ts'
import { RESUME } from './go-on.ts'
import { keepReceipt } from './receipt/receipt-file.ts'
import { receiptLines } from './report.ts'
import type { SpreadErasure } from './shards/spread.ts'
import type { createTeller } from './tell.ts'

export const STOPPED = 130

/** What became of it; a killed or failed command is gone on with. */
export interface Done {
  readonly exitCode: number
  readonly counts: Told['counts']
}

interface Tools {
  readonly ports: Omit<ErasePorts, 'onReceipt'>
  readonly tell: Pick<ReturnType<typeof createTeller>, 'end' | 'lines'>
  /** What to do when a server goes away in the middle. */
  readonly fix: Fix
  /** @default erase */
  readonly eraseOne?: typeof erase
}

/**
 * One after the other. One that goes no further does not stop the others; a server that is away does.
 *
 * @param asked.receipt file that receipts are written to as well; `null`: none. @throws {StepError}
 */
export async function eraseAll(
  todo: readonly SpreadErasure[],
  { receipt: file }: { readonly receipt: string | null },
  { ports, tell, fix, eraseOne = erase }: Tools,
): Promise<Done> {
  const counts: Record<string, number> = { erasures: 0 }
  const add = (what: string, number: number): void => {
    counts[what] = (counts[what] ?? 0) + number
  }
  if (todo.length === 0) tell.lines(['Nothing to resume: every erasure is done.'])
  let exitCode = 0
  for (const erasure of todo) {
    const onReceipt: ErasePorts['onReceipt'] = async (receipt) => {
      if (file === null) return
      const written = await keepReceipt(file, receipt, { isOneOfSeveral: todo.length > 1 })
      tell.lines([`receipt: ${written}`])
    }
    try {
      const { receipt } = await eraseOne({ ...ports, onReceipt }, erasure)
      add('erasures', 1)
      for (const [table, rows] of Object.entries(receipt.found)) add(table, rows)
      tell.lines(receiptLines(receipt))
    } catch (error) {
      tell.end()
      if (!isStalled(error)) {
        throw new StepError('erasing', typeof fix === 'string' ? fix : await fix(error), error)
      }
      tell.lines([`Not done: erasure ${erasure.erasureId}: ${error.message}.`])
      exitCode = 1
      if (ports.waiting.stop.aborted) break
    }
  }
  if (exitCode !== 0) tell.lines([`Go on with: ${RESUME}`])
  return { exitCode: ports.waiting.stop.aborted && exitCode !== 0 ? STOPPED : exitCode, counts }
}

/** Of ClickHouse: the query took longer than it may. */
const TIMEOUT_EXCEEDED = 159

function isStalled(error: unknown): error is Error {
  if (error instanceof ClickHouseFailure) return error.failure.code === TIMEOUT_EXCEEDED
  return error instanceof ErasureStalled
}
