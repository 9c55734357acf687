import assert from 'node:assert/strict'
import { startPrometheus } from '../prometheus.ts'
import type { Scenario } from '../scenario.ts'

const ALERT_WITHIN_MS = 120_000

/**
 * The table of events is renamed under a consumer, and few events come: a real Prometheus with our rules must say so
 * within two minutes, by its readiness and, whatever the reason, by the age of what is unread.
 */
export const scenario: Scenario = {
  name: 'alert-within-two-minutes',
  kind: 'K2',
  needs: 'plain',
  limitSeconds: 300,
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await using prometheus = await startPrometheus({
      ingest: ingest.opsPort,
      consumer: consumer.opsPort,
    })
    if (prometheus === null) return world.note('SKIPPED: no prometheus on this machine')
    const firing = prometheus.firing.bind(prometheus)
    const becomes = (name: string, isFiring: boolean, withinMs: number) =>
      world.until(async () => {
        const all = await firing()
        assert.equal(all.includes(name), isFiring, `${name} among ${all.join(', ') || 'none'}`)
      }, withinMs)

    await world.send({ through: ingest, events: 100 })
    await world.until(async () => assert.deepEqual(await firing(), [])) // it is up, and all is quiet
    await world.execute('RENAME TABLE events TO events_away')
    const startedAt = performance.now()
    await world.send({ through: ingest, events: 20 })
    const notReadyMs = await consumer.becomesNotReady(/schema|events/)
    const tookMs = (): number => Math.round(performance.now() - startedAt)
    await becomes('CustomEventsNotReady', true, ALERT_WITHIN_MS - tookMs())
    const byReadiness = tookMs()
    await becomes('CustomEventsPartitionStandsStill', true, ALERT_WITHIN_MS - byReadiness)
    world.note(
      `not ready after ${notReadyMs} ms; alert by readiness after ${byReadiness} ms, ` +
        `by the age of what is unread after ${tookMs()} ms; firing: ${(await firing()).join(', ')}`,
    )
    await world.execute('RENAME TABLE events_away TO events')
    await consumer.becomesReady()
    await becomes('CustomEventsNotReady', false, 60_000)
    await becomes('CustomEventsPartitionStandsStill', false, 120_000)
    await world.expectWhole()
  },
}
