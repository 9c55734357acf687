import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

/** The topic was there already, compacted and kept for an hour; another is compacted while services run. */
export const scenario: Scenario = {
  name: 'compacted-topic',
  kind: 'K5',
  needs: 'plain',
  run: async (world) => {
    const { tracked } = world.topics
    await world.operator.createTopic(tracked, 3, { 'cleanup.policy': 'compact' })
    const refused = await world.command(['setup'])
    assert.equal(refused.code, 1, `setup took a compacted topic: ${refused.text}`)
    assert.match(refused.text, /cleanup\.policy=compact/)

    await world.operator.setTopic(tracked, {
      'cleanup.policy': 'delete',
      'retention.ms': '3600000',
    })
    const { text } = await world.setUp()
    assert.match(text, /retention\.ms was 3600000/)
    assert.equal((await world.operator.topicSettings(tracked)).get('retention.ms'), '604800000')

    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()
    const startedAt = performance.now()
    await world.operator.setTopic(tracked, { 'cleanup.policy': 'compact' })
    await Promise.all([
      ingest.becomesNotReady(/cleanup\.policy=compact/),
      consumer.becomesNotReady(/cleanup\.policy=compact/),
    ])
    world.note(`both said so after ${Math.round((performance.now() - startedAt) / 1_000)} s`)
    await world.operator.setTopic(tracked, { 'cleanup.policy': 'delete' })
    await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
  },
}
