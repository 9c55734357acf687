import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '../errors/failure.ts'
import { lackOfRoom, mustHaveRoom, NoRoom } from './room.ts'

const ROOM = { host: 'here', disk: 'default', free: 100_000_000, needed: 100_000_000 }
const LITTLE = { ...ROOM, free: 99_999_999 }

/** ClickHouse in memory: rows, or the code that it fails with. */
function fake(answer: (sql: string) => object | number) {
  const asked: string[] = []
  const query = async <Row>(sql: string) => {
    asked.push(sql)
    const answered = answer(sql)
    if (typeof answered !== 'number') return [answered] as Row[]
    const failure = { code: answered, status: 403, network: null, message: 'refused' }
    throw new ClickHouseFailure('asking', failure)
  }
  return { asked, clickhouse: { query, database: 'd' } }
}

test('enough is enough, and what lacks is told with the disk, what is free and what is needed', async () => {
  assert.equal(await lackOfRoom({ ...fake(() => ROOM), cluster: '' }, null), null)
  await assert.rejects(mustHaveRoom({ ...fake(() => LITTLE), cluster: '' }, null), NoRoom)
  assert.match(
    String(await lackOfRoom({ ...fake(() => LITTLE), cluster: '' }, { table: 'events' })),
    /^disk default of ClickHouse on here has 99 MB left, needed are 100 MB \(the largest part once more, .*Make room$/,
  )
})

test('where a server of the cluster cannot be asked, the one that answers is', async () => {
  for (const code of [279, 497, 516]) {
    const { asked, clickhouse } = fake((sql) =>
      sql.includes('clusterAllReplicas') ? code : LITTLE,
    )
    await assert.rejects(mustHaveRoom({ clickhouse, cluster: 'c' }, null), NoRoom)
    assert.equal(asked.length, 2)
  }
})

test('who may not see disks is not held up, and another failure is told', async () => {
  assert.equal(await lackOfRoom({ ...fake(() => 497), cluster: '' }, null), null)
  await assert.rejects(lackOfRoom({ ...fake(() => 241), cluster: '' }, null), ClickHouseFailure)
})
