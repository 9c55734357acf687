import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { victims } from '../three-brokers.ts'

const EVENT = '{"event":"e","group_id":"g","user_id":"u","event_id":"not-accepted"}'

/**
 * A broker of three dies while the topics want all three replicas: nothing may be acknowledged. Ingest refuses, the
 * consumer reads on and cannot set aside; both say Kafka's reason, and go on when the broker is back.
 */
export const scenario: Scenario = {
  name: 'too-few-replicas',
  kind: 'K3',
  needs: 'brokers',
  limitSeconds: 240,
  environment: { KAFKA_MIN_INSYNC_REPLICAS: '3' },
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.putPoison([{ partition: 0, key: 'bad', value: 'junk' }])
    await world.expectWhole()
    const { tracked, deadLetters } = world.topics
    const few = (topic: string): RegExp =>
      new RegExp(
        `${topic.replaceAll('.', String.raw`\.`)}.*NOT_ENOUGH_REPLICAS.*min.insync.replicas`,
      )

    const [, victim] = victims(world)
    victim.server.kill('SIGKILL')
    await ingest.becomesNotReady(few(tracked))
    await ingest.warns(few(tracked))
    assert.equal((await ingest.post(EVENT)).status, 503)
    await consumer.becomesReady() // what was acknowledged can be read

    // The topic of events takes records again, that of dead letters does not.
    await world.operator.setTopic(tracked, { 'min.insync.replicas': '2' })
    await ingest.becomesReady()
    await world.putPoison([{ partition: 0, key: 'bad', value: 'more junk' }])
    await consumer.becomesNotReady(few(deadLetters))
    await consumer.warns(few(deadLetters))

    await victim.server.restart()
    await consumer.becomesReady()
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}
