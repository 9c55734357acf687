import { CODECS, FOREIGN_LIBRARIES, startForeign } from '../foreign.ts'
import type { ForeignEvent, ScenarioWorld } from '../scenario-world.ts'
import type { Scenario } from '../scenario.ts'

const EACH = 40

/**
 * Kafka's own producer and librdkafka write to the topic, beside ingest: with every codec, in transactions
 * that are committed or aborted, with odd keys, headers and times, and some of it is no event at all.
 */
export const scenario: Scenario = {
  name: 'foreign-producers',
  kind: 'K2',
  needs: 'plain',
  limitSeconds: 180,
  run: async (world) => {
    const { ingest } = await world.start()
    const sending = world.send({ through: ingest, events: 600, overMs: 5_000 })
    await Promise.all([sending, writeForeign(world)])
    await world.expectWhole()
  },
}

async function writeForeign(world: ScenarioWorld): Promise<void> {
  for (const library of FOREIGN_LIBRARIES) {
    await using by = await startForeign(library, world.stack.environment.KAFKA_BROKERS)
    for (const codec of CODECS) {
      const name = `${library}-${codec}`
      await world.putEvents(eventsOf(`${name}-plain`), { by, codec })
      await world.putEvents(eventsOf(`${name}-aborted`), { by, codec, transaction: 'abort' })
      await world.putEvents(eventsOf(`${name}-committed`), { by, codec, transaction: 'commit' })
      await world.putPoison(await junk(world, name), { by, codec })
    }
  }
}

function eventsOf(name: string): readonly ForeignEvent[] {
  return Array.from({ length: EACH }, (_, n) => ({
    event_id: `${name}-${n}`,
    group_id: `group-${n % 7}`,
    partition: n % 3,
    headers: n % 2 === 0 ? {} : { source: name, empty: '', bytes: Buffer.from([0, 255]) },
    ...(n % 5 === 0 ? { key: null } : {}),
    timestampMs: Date.now() - n * 60_000,
  }))
}

async function junk(world: ScenarioWorld, name: string) {
  const good = await world.encode({ event_id: 'never', group_id: 'never' })
  const values = [null, '', 'junk', good.subarray(0, good.length - 1)]
  return values.map((value, partition) => ({ partition: partition % 3, key: name, value }))
}
