import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'node:test'
import { eventually } from '../../../../test/support/eventually.ts'
import { recordCompleteness, type CompletenessOptions } from './completeness.ts'

const LOG = { clusterId: 'c', topic: 't', topicId: 'one' }
const HOLDING = {
  logs: [{ ...LOG, generation: 1 }],
  positions: new Map([['t/0', { topic: 't', partition: 0, offset: 5 }]]),
}
const TIMES = { everyMs: 1, idleEveryMs: 0 }
const ENOUGH_TURNS = 5

function recording(ports: Partial<CompletenessOptions> = {}) {
  const order: string[] = []
  const inserts: string[] = []
  const loop = { turns: 0 }
  const completeness = recordCompleteness({
    clickhouse: {
      query: async <Row>() => {
        order.push('time')
        return [{ ms: '1700000000000' }] as Row[]
      },
      command: async (sql) => {
        order.push('insert')
        inserts.push(sql)
      },
    },
    logEnds: {
      read: async () => {
        order.push('ends')
        return { ends: [{ topic: 't', partition: 0, end: 5 }], logs: [LOG] }
      },
    },
    whyNotOurs: async () => null,
    generations: () => ['t'],
    otherTopics: [],
    log: { warn: () => {}, info: () => {}, debug: () => {} },
    onRecorded: (outcome) => void order.push(outcome),
    times: TIMES,
    pause: async () => {
      loop.turns += 1
      await nextTurn()
    },
    ...ports,
  })
  const moreTurns = async (): Promise<void> => {
    const last = loop.turns + ENOUGH_TURNS
    while (loop.turns < last) await nextTurn()
  }
  return { completeness, order, inserts, moreTurns }
}

test('the time is asked for before the ends: else what came in between would be vouched for', async () => {
  const { completeness, order } = recording()
  await using _ = completeness
  completeness.assigned(HOLDING)
  await eventually(() => assert.ok(order.length >= 4))
  assert.deepEqual(order.slice(0, 4), ['time', 'ends', 'insert', 'recorded'])
})

test('nothing is written without an assignment', async () => {
  const { completeness, order, moreTurns } = recording()
  await using _ = completeness
  await moreTurns()
  completeness.assigned(HOLDING)
  completeness.assigned(null)
  completeness.moved()
  await moreTurns()
  assert.equal(order.length, 0)
  completeness.assigned(HOLDING)
  await moreTurns()
  assert.ok(order.includes('insert'))
})

test('the first row after a failure names every partition: one that is not known would not hold the view', async () => {
  let isAway = true
  const ends = [0, 1, 2].map((partition) => ({ topic: 't', partition, end: 5 }))
  const { completeness, inserts, moreTurns } = recording({
    logEnds: {
      read: async () => {
        if (isAway) throw new Error('Kafka is away')
        return { ends, logs: [LOG] }
      },
    },
  })
  await using _ = completeness
  completeness.assigned(HOLDING)
  await moreTurns()
  isAway = false
  await moreTurns()
  assert.ok(inserts.length > 1)
  for (const sql of inserts) {
    for (const { partition } of ends) assert.ok(sql.includes(`String}, 1, ${partition}, `), sql)
  }
})

test('where there is no row to write nothing is said to be recorded', async () => {
  const { completeness, order, moreTurns } = recording({
    logEnds: { read: async () => ({ ends: [], logs: [] }) },
  })
  await using _ = completeness
  completeness.assigned(HOLDING)
  await moreTurns()
  assert.deepEqual([...new Set(order)], ['time'])
})

test('after a failure the next look is as soon as when something is settled', async () => {
  const { completeness, order, moreTurns } = recording({
    times: { ...TIMES, idleEveryMs: Infinity },
    clickhouse: { query: () => Promise.reject(new Error('away')), command: async () => {} },
  })
  await using _ = completeness
  completeness.assigned(HOLDING)
  await moreTurns()
  assert.ok(order.length > 1, `${order.length} looks`)
})

test('a failure is counted, and the next look makes up for it', async () => {
  let fails = 2
  const { completeness, order } = recording({
    logEnds: {
      read: async () => {
        if (fails-- > 0) throw new Error('Kafka is away')
        return { ends: [{ topic: 't', partition: 0, end: 5 }], logs: [LOG] }
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

test('nothing is told while there may be a generation that is not known, or that the assignment has not', async () => {
  for (const generations of [null, ['t', 't.g2']]) {
    let known: readonly string[] | null = ['t']
    const { completeness, inserts, moreTurns } = recording({ generations: () => known })
    await using _ = completeness
    completeness.assigned(HOLDING)
    await eventually(() => assert.ok(inserts.length > 0))
    known = generations
    await moreTurns()
    const told = inserts.length
    await moreTurns()
    assert.equal(inserts.length, told)
  }
})

test('nothing is told to a ClickHouse that is another shard by now', async () => {
  const { completeness, order } = recording({ whyNotOurs: async () => 'it is shard 2' })
  await using _ = completeness
  completeness.assigned(HOLDING)
  await eventually(() => assert.ok(order.length >= 2))
  assert.deepEqual([...new Set(order)], ['failed'])
})
