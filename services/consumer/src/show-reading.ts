import { TROUBLE_CAUSES, type Backlog, type Consumer, type Trouble } from '@custom-events/kafka'
import type { ConsumerMetrics } from './metrics.ts'

export type Reading = Pick<
  Consumer,
  'backlog' | 'foreignMembers' | 'earlierMembers' | 'isNameTaken' | 'troubles'
>

/** Sets what is known of the group now. What is unknown is absent: a 0 would say that all is well. */
export function showReading(metrics: ConsumerMetrics, reading: Reading, nowMs: number): void {
  metrics.stuck.reset()
  for (const [cause, count] of countByCause(reading.troubles)) metrics.stuck.set({ cause }, count)
  metrics.isNameTaken.set(reading.isNameTaken ? 1 : 0)
  for (const name of ['foreignMembers', 'earlierMembers'] as const) {
    metrics[name].reset()
    metrics[name].remove()
    const count = reading[name]
    if (count !== null) metrics[name].set(count)
  }
  for (const each of [
    metrics.lag,
    metrics.oldestUnread,
    metrics.retentionLeft,
    metrics.retentionBytes,
  ])
    each.reset()
  for (const each of reading.backlog) {
    const labels = { topic: each.topic, partition: String(each.partition) }
    const { unreadSeconds, leftSeconds } = agesOf(each, nowMs)
    metrics.lag.set(labels, each.lag)
    if (unreadSeconds !== null) metrics.oldestUnread.set(labels, unreadSeconds)
    if (leftSeconds !== null) metrics.retentionLeft.set(labels, leftSeconds)
    if (each.retentionBytes !== null) metrics.retentionBytes.set(labels, each.retentionBytes)
  }
}

/** How long the oldest record waits, and how long Kafka still keeps it; `null`: unknown, or nothing waits. */
export function agesOf(
  { lag, oldestMs, retentionMs }: Pick<Backlog, 'lag' | 'oldestMs' | 'retentionMs'>,
  nowMs: number,
): { readonly unreadSeconds: number | null; readonly leftSeconds: number | null } {
  if (lag === 0) return { unreadSeconds: 0, leftSeconds: null }
  if (oldestMs === null) return { unreadSeconds: null, leftSeconds: null }
  return {
    unreadSeconds: Math.max(0, (nowMs - oldestMs) / 1_000),
    leftSeconds: retentionMs === null ? null : (oldestMs + retentionMs - nowMs) / 1_000,
  }
}

/** A trouble that is not about one partition counts as one. */
function countByCause(troubles: readonly Trouble[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(TROUBLE_CAUSES.map((cause) => [cause, 0]))
  for (const { cause } of troubles) counts.set(cause, (counts.get(cause) ?? 0) + 1)
  return counts
}
