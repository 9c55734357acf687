import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import { SDKS } from './clients.ts'
import { withoutSpace } from './text.ts'
import { startWitness, type Witness } from './witness.ts'

interface Row {
  readonly event: string
  readonly user_id: string
  readonly timestamp: string
  readonly properties: string
  readonly email: string | null
}

let pipeline: TestPipeline
let witness: Witness
before(async () => {
  pipeline = await startTestPipeline()
  witness = await startWitness(pipeline.url)
})
after(async () => {
  await witness[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
  assert.deepEqual(witness.faults, [], 'every answer obeys the law of answers')
})

for (const sdk of SDKS) {
  const skip = sdk.whyMissing ?? false
  test(`${sdk.name}: what an app tracks is what an analyst queries`, { skip }, async () => {
    const groupId = `group of ${sdk.name}`
    const client = sdk.start(witness.url, 'app:secret')
    client.track({
      event: 'subscription_upgraded',
      userId: 'user_456',
      groupId,
      timestamp: new Date('2023-11-03T10:15:20.123Z'),
      properties: { email: 'AliceW@example.com', note: 'déjà vu 🚀', seats: 3, price: 0.1 },
    })
    client.identify('user_456')
    await client.close()
    const row = await eventually(async () => {
      const rows = await pipeline.query<Row>(
        `SELECT event, user_id, timestamp, properties, email FROM tracked WHERE group_id = '${groupId}'`,
      )
      assert.equal(rows.length, 1)
      return rows[0]
    })
    assert.deepEqual(
      { ...row, properties: withoutSpace(row?.properties) },
      {
        event: 'subscription_upgraded',
        user_id: 'user_456',
        timestamp: sdk.takesTimestamp ? '2023-11-03 10:15:20.123' : row?.timestamp,
        properties: '{"email":"AliceW@example.com","note":"déjà vu 🚀","seats":3,"price":0.1}',
        email: 'AliceW@example.com',
      },
    )
  })
}
