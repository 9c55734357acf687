import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { recordCompleteness, type CompletenessOptions } from './completeness.ts'

const LOG = { clusterId: 'c', topic: 't', topicId: 'one' }
const HOLDING = {
  logs: [{ ...LOG, generation: 1 }],
  positions: new Map([['t/0', { topic: 't', partition: 0, offset: 5 }]]),
}
const TIMES = { everyMs: 1, idleEveryMs: 1, othersEvery: 10 }

function recording(ports: Partial<CompletenessOptions> = {}) {
  const order: string[] = []
  const completeness = recordCompleteness({
    clickhouse: {
      query: async <Row>() => {
        order.push('time')
        return [{ ms: '1700000000000' }] as Row[]
      },
      command: async () => void order.push('insert'),
    },
    logEnds: {
      read: async () => {
        order.push('ends')
        return { ends: [{ topic: 't', partition: 0, end: 5 }], logs: [LOG] }
      },
    },
    log: { warn: () => {}, info: () => {}, debug: () => {} },
    onRecorded: (outcome) => void order.push(outcome),
    times: TIMES,
    ...ports,
  })
  return { completeness, order }
}

test('the time is asked for before the ends: else what came in between would be vouched for', async () => {
  const { completeness, order } = recording()
  await using _ = completeness
  completeness.assigned(HOLDING)
  await eventually(() => assert.ok(order.length >= 4))
  assert.deepEqual(order.slice(0, 4), ['time', 'ends', 'insert', 'recorded'])
})

test('nothing is written without an assignment', async () => {
  const { completeness, order } = recording()
  completeness.assigned(HOLDING)
  completeness.assigned(null)
  await completeness[Symbol.asyncDispose]()
  assert.deepEqual(order, [])
})

test('a failure is counted, and the next look makes up for it', async () => {
  let fails = 2
  const { completeness, order } = recording({
    logEnds: {
      read: async () => {
        if (fails-- > 0) throw new Error('Kafka is away')
        return { ends: [], logs: [LOG] }
      },
    },
  })
  await using _ = completeness
  completeness.assigned(HOLDING)
  await eventually(() => assert.ok(order.includes('recorded')))
  assert.equal(order.filter((each) => each === 'failed').length, 2)
})

test('who stops does not wait for a ClickHouse that never answers', async () => {
  const never = new Promise<never>(() => {})
  const asked = Promise.withResolvers<void>()
  const query = (): Promise<never> => {
    asked.resolve()
    return never
  }
  const { completeness } = recording({ clickhouse: { query, command: () => never } })
  completeness.assigned(HOLDING)
  await asked.promise
  await completeness[Symbol.asyncDispose]()
})
