import assert from 'node:assert/strict'
import { partitionOf } from '@custom-events/event'
import { erasedTopic } from '@custom-events/kafka'
import type { Scenario } from '../scenario.ts'
import { victims } from '../three-brokers.ts'

const PARTITIONS = 3

/**
 * A broker dies that has the only replica of some partitions: they have no leader. They are named by both services; all
 * other partitions go on, for consumers that were there and for one that comes now. It is not the broker that has who is
 * erased: without that a consumer that comes now inserts nothing, and says so.
 */
export const scenario: Scenario = {
  name: 'leaderless',
  kind: 'K2',
  needs: 'brokers',
  limitSeconds: 240,
  environment: { KAFKA_REPLICATION_FACTOR: '1', KAFKA_MIN_INSYNC_REPLICAS: '1' },
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()

    const { tracked } = world.topics
    const erased = erasedTopic(tracked)
    const [second, third] = victims(world)
    const [whoIsErased] = await second.partitions(erased)
    assert.ok(whoIsErased, `${erased} has no partition`)
    const victim = whoIsErased.leader === second.nodeId ? third : second
    const led = (await victim.partitions(tracked)).find(({ leader }) => leader === victim.nodeId)
    assert.ok(led, `broker ${victim.nodeId} leads nothing of ${tracked}`)
    const { partition } = led
    const isLost = ({ groupId }: { readonly groupId: string }): boolean =>
      partitionOf(groupId, PARTITIONS) === partition
    const lost = world.ledger.accounts.find(isLost)
    assert.ok(lost, `no account has its events in partition ${partition}`)

    victim.server.kill('SIGKILL')
    const event = {
      event: 'e',
      group_id: lost.groupId,
      user_id: 'u',
      event_id: 'not-accepted',
      timestamp: '2024-01-01T00:00:00.000Z',
    }
    await world.until(async () => {
      const { status, text } = await ingest.post(JSON.stringify(event))
      assert.equal(status, 503, text)
    })
    const named = new RegExp(
      `${tracked.replaceAll('.', String.raw`\.`)}/${partition}.*LEADER_NOT_AVAILABLE.*start the brokers`,
    )
    await consumer.becomesNotReady(named)
    await consumer.warns(named)
    await ingest.warns(
      new RegExp(`partition ${partition} of topic ${tracked}.*LEADER_NOT_AVAILABLE`),
    )
    await world.send({ through: ingest, accounts: (each) => !isLost(each) })
    await world.expectWhole()

    await consumer.stop()
    const next = await world.consumer()
    await next.becomesNotReady(named, 60_000)
    await world.send({ through: ingest, accounts: (each) => !isLost(each) })
    await world.expectWhole()

    await victim.server.restart()
    await next.becomesReady()
    await world.until(async () => assert.equal((await ingest.readiness()).status, 200))
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}
