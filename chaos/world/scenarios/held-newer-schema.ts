import assert from 'node:assert/strict'
import { eventAvroSchema } from '@custom-events/codec'
import type { Scenario } from '../scenario.ts'

/** A producer is ahead: its schema has one more field, and our consumer has never heard of it. */
export const scenario: Scenario = {
  name: 'newer-schema',
  kind: 'held',
  needs: 'plain',
  run: async (world) => {
    const { ingest } = await world.start()
    await world.send({ through: ingest })
    const id = await register(
      `${world.stack.registry.url}/subjects/${world.topics.tracked}-value/versions`,
    )
    for (const [index, tail] of [Buffer.from([0]), Buffer.from('\u0002\u0004ab')].entries()) {
      const event = { event_id: `newer-${index}`, group_id: 'ahead', partition: index }
      const value = Buffer.concat([await world.encode(event), tail]) // null, then 'ab'
      value.writeInt32BE(id, 1)
      await world.putEvents([{ ...event, value }])
    }
    await world.send({ through: ingest })
    await world.expectWhole()
  },
}

/** Our schema with one more optional field at its end. @returns its id. */
async function register(url: string): Promise<number> {
  const ours = JSON.parse(eventAvroSchema) as { fields: object[] }
  const field = { name: 'from_the_future', type: ['null', 'string'], default: null }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({
      schema: JSON.stringify({ ...ours, fields: [...ours.fields, field] }),
    }),
  })
  const answer = (await response.json()) as { readonly id?: number }
  assert.ok(answer.id !== undefined, `the registry says ${JSON.stringify(answer)}`)
  return answer.id
}
