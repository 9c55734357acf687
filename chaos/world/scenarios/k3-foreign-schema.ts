import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'

const order = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields })

/** What other teams have in the registry, by the type that they say. */
const SCHEMAS: readonly (readonly [string, string])[] = [
  [
    'JSON',
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { id: { type: 'integer' } },
    }),
  ],
  ['PROTOBUF', 'syntax = "proto3"; package shop; message Order { string id = 1; }'],
  ['AVRO', order([{ name: 'ids', type: { type: 'array', items: 'string' } }])],
  // Whose fields are named as ours, so that its bytes could pass for an event.
  [
    'AVRO',
    JSON.stringify({
      type: 'record',
      name: 'Activity',
      fields: ['event_id', 'event', 'group_id'].map((name) => ({ name, type: 'string' })),
    }),
  ],
]

/** Records of other teams, whose schemas the registry has and we cannot read; events go on. */
export const scenario: Scenario = {
  name: 'foreign-schema',
  kind: 'K3',
  needs: 'plain',
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    const register = async (
      subject: string,
      schemaType: string,
      schema: string,
    ): Promise<number> => {
      const answer = await fetch(`${world.stack.registry.url}/subjects/${subject}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema, schemaType }),
      })
      const { id } = (await answer.json()) as { id?: number }
      assert.ok(id !== undefined, `${schemaType} was not registered: ${answer.status}`)
      return id
    }
    await world.send({ through: ingest })
    for (const [index, [type, schema]] of SCHEMAS.entries()) {
      const id = await register(`${world.database}-${index}-value`, type, schema)
      const head = Buffer.alloc(5)
      head.writeUInt32BE(id, 1)
      const value = Buffer.concat([head, Buffer.from([2, 97, 2, 98, 2, 99])])
      await world.putPoison([{ partition: 0, key: `foreign-${index}`, value }])
    }
    await world.send({ through: ingest })
    await world.expectWhole()
    const codes = await world.ask('SELECT error_code, count() FROM dead_letters FINAL GROUP BY 1')
    assert.deepEqual(codes, [['unsupported_schema', String(SCHEMAS.length)]])
    await consumer.becomesReady()
  },
}
