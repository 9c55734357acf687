import { counted } from '../counted.ts'
import { setTimeout as delay } from 'node:timers/promises'
import type { GroupOffset } from '@custom-events/kafka'

/** The consumers do not get on: what was accepted lately cannot be seen in the table. */
export class ConsumersBehind extends Error {
  constructor(records: number, consumerGroup: string, waitedMs: number) {
    super(
      `the consumers of ${consumerGroup} are ${counted(records, 'record')} behind after ${waitedMs / 1_000} s: newer ` +
        'copies of the events may be among those, and would be overwritten. Nothing more was replayed.\n' +
        '  fix: start the consumers, or wait until their lag is small (docs/runbook.md, Lag grows)',
    )
    this.name = 'ConsumersBehind'
  }
}

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 200

/**
 * Waits until the consumers have committed all that the topic holds now, which is after it is in the
 * table. What is accepted while waiting is not waited for.
 *
 * @throws {ConsumersBehind} after a minute; whatever `readOffsets` throws.
 */
export async function waitUntilCaughtUp(options: {
  readonly readOffsets: () => Promise<readonly GroupOffset[]>
  readonly consumerGroup: string
  readonly stop: AbortSignal
  /** @default 60_000 */
  readonly waitMs?: number
}): Promise<void> {
  const { readOffsets, consumerGroup, stop, waitMs = WAIT_MS } = options
  const deadline = performance.now() + waitMs
  let offsets = await readOffsets()
  const ends = offsets.map(({ latest }) => latest)
  for (;;) {
    const behind = recordsBehind(offsets, ends)
    if (behind === 0 || stop.aborted) return
    if (performance.now() > deadline) throw new ConsumersBehind(behind, consumerGroup, waitMs)
    await delay(LOOK_EVERY_MS, null, { signal: stop }).catch(() => {})
    offsets = await readOffsets()
  }
}

/** @param ends of the partitions' logs when the waiting began, in the order of the offsets. */
export function recordsBehind(offsets: readonly GroupOffset[], ends: readonly number[]): number {
  return offsets.reduce((sum, { committed, earliest }, index) => {
    const next = Math.max(committed ?? 0, earliest)
    return sum + Math.max(0, (ends[index] ?? 0) - next)
  }, 0)
}
