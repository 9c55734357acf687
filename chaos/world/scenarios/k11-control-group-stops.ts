import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** systemd stops a service as it does by default: every process of its control group gets the signal at once. */
export const scenario: Scenario = {
  name: 'control-group-stops',
  kind: 'K11',
  needs: 'plain',
  run: async (world) => {
    await world.setUp()
    const ingest = await world.ingest({}, { inWrapper: true })
    const first = await world.consumer({}, { inWrapper: true })
    await Promise.all([ingest.becomesReady(), first.becomesReady()])
    await world.send({ through: ingest })

    first.signalAll('SIGTERM')
    assert.equal(await first.exited, 0, 'the consumer cut its work short')
    const startedAt = performance.now()
    const second = await world.consumer({}, { inWrapper: true })
    await second.becomesReady(20_000) // a ghost would hold all partitions for 30 s
    world.note(`the next consumer was ready after ${Math.round(performance.now() - startedAt)} ms`)

    const sending = Array.from({ length: 40 }, (_, n) =>
      ingest.post(
        JSON.stringify({ event: 'last', user_id: 'u', group_id: 'g', event_id: `l${n}` }),
      ),
    )
    ingest.signalAll('SIGTERM')
    const answers = await Promise.allSettled(sending)
    assert.equal(await ingest.exited, 0, 'ingest cut its work short')
    // A request that came too late finds nobody (ECONNREFUSED): that is no cut.
    const cut = answers.filter(
      (answer) => answer.status === 'rejected' && !/ECONNREFUSED/.test(causeOf(answer.reason)),
    )
    assert.deepEqual(cut, [], 'requests were cut')
    for (const service of [ingest, first]) {
      assert.deepEqual(service.warnings(/second signal/), [])
    }
  },
}

function causeOf(reason: unknown): string {
  return reason instanceof Error ? `${reason.message} ${causeOf(reason.cause)}` : String(reason)
}
