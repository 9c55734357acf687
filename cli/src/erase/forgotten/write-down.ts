import { clickhouseTime } from '@custom-events/clickhouse'
import type { ErasePorts } from '../erase.ts'
import { liftedSince } from './lifted.ts'
import { countWhatGoes, isOfNobody } from '../plan.ts'
import { openLedger } from '../shards/ledger.ts'
import type { SpreadErasure } from '../shards/spread.ts'

/** Beyond what inserts are waited for: clocks of two servers may differ. */
const CLOCKS_APART_MS = 60_000

/**
 * Writes down what Kafka has told of for long and nobody has a row of: a database that was filled from Kafka never had one, and
 * there may be thousands of them.
 *
 * @returns those that something is left to do for. @throws {ClickHouseFailure}
 */
export async function writeDownEmpty(
  ports: Pick<ErasePorts, 'shards' | 'topic' | 'keys' | 'settleMs' | 'waiting'>,
  erasures: readonly SpreadErasure[],
): Promise<readonly SpreadErasure[]> {
  const { shards, topic, keys, settleMs, waiting } = ports
  const [{ servers: first }] = shards
  const left: SpreadErasure[] = []
  const isDone = async (erasure: SpreadErasure): Promise<boolean> => {
    const receivedBefore = await liftedSince(topic, erasure)
    const plan = await countWhatGoes(shards, { ...erasure, receivedBefore }, keys)
    return isOfNobody(plan) && !plan.keys
  }
  for (const [index, erasure] of erasures.entries()) {
    waiting.onWaiting(`looking for rows of ${index + 1} of ${erasures.length}`)
    const nowMs = await clickhouseTime(first.clickhouse)
    const isSettled = nowMs - erasure.askedAt > settleMs + CLOCKS_APART_MS
    if (waiting.stop.aborted || !isSettled || !(await isDone(erasure))) {
      left.push(erasure)
      continue
    }
    const servers = shards.map((each) => each.servers)
    const { askedAt: announcedAt } = erasure
    await openLedger(servers, erasure).reach({ state: 'done', announcedAt, finishedAt: nowMs })
  }
  return left
}
