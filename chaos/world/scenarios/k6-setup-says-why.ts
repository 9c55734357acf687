import assert from 'node:assert/strict'
import { erasedTopic } from '@custom-events/kafka'
import type { Scenario } from '../scenario.ts'

/** Setup where something is not allowed or cannot be: what Kafka said, about what, and what to do. */
export const scenario: Scenario = {
  name: 'setup-says-why',
  kind: 'K6',
  needs: 'secure',
  run: async (world) => {
    const { tracked } = world.topics
    const stranger = await world.secure.makeUser('k6_stranger', [])
    const { rejected, keys } = world.topics
    const names = [tracked, `${tracked}.dlq`, rejected, keys, erasedTopic(tracked)]
    const groupless = await world.secure.makeUser(
      'k6_groupless',
      names.map((name) => ({ resource: 'topic', name, operation: 'all' }) as const),
    )
    // Somebody else made the record of the partition count, which that user may not make.
    await world.operator.createTopic(`${tracked}.partitions-3`, 1)
    await groupless.allow({
      resource: 'topic',
      name: `${tracked}.partitions-3`,
      operation: 'describe',
    })
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
      [
        'CREATE denied',
        stranger.environment,
        /TOPIC_AUTHORIZATION_FAILED[^]*CREATE and DESCRIBE on topic/,
      ],
      [
        'no right on the group',
        groupless.environment,
        /GROUP_AUTHORIZATION_FAILED[^]*DESCRIBE on group/,
      ],
      [
        'a wrong password',
        { KAFKA_SASL_PASSWORD: 'guessed' },
        /SASL_AUTHENTICATION_FAILED[^]*KAFKA_SASL_PASSWORD/,
      ],
      [
        'more replicas than brokers',
        { KAFKA_TOPIC: `${tracked}.nine`, KAFKA_REPLICATION_FACTOR: '9' },
        /INVALID_REPLICATION_FACTOR[^]*KAFKA_REPLICATION_FACTOR/,
      ],
    ]
    for (const [what, environment, expected] of cases) {
      const { code, text } = await world.command(['setup'], environment)
      assert.equal(code, 1, `${what}: ${text}`)
      assert.match(text, expected, what)
      assert.doesNotMatch(text, /is Kafka running/, what)
    }
  },
}
