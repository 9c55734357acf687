import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Servers } from '../client/cluster.ts'
import { mustHaveRoomToErase, untilThereIsRoom } from './room.ts'
import { ErasureStalled } from './waiting.ts'

/** A disk that has room from the third look on. */
function fillingServers() {
  let looks = 0
  const query = async () => {
    looks += 1
    return [{ host: 'here', disk: 'default', free: looks < 3 ? 0 : 1, needed: 1 }]
  }
  const clickhouse = { query, database: 'd' } as unknown as Servers['clickhouse'] // it is asked for nothing else
  return { clickhouse, cluster: '' }
}

test('parts are written anew as soon as there is room, which is waited for', async () => {
  const told: string[] = []
  const waiting = {
    stop: new AbortController().signal,
    onWaiting: (what: string) => told.push(what),
  }
  await untilThereIsRoom(fillingServers(), { table: 'events' }, waiting)
  assert.equal(told.length, 2)
  assert.match(told[0] ?? '', /^disk default of ClickHouse on here has 0 MB left/)
})

test('what waits for room can be stopped, and a statement does not wait', async () => {
  const waiting = { stop: AbortSignal.abort(), onWaiting: () => {} }
  const stalled = {
    name: ErasureStalled.name,
    message: /Make room, then run it again with --resume$/,
  }
  await assert.rejects(untilThereIsRoom(fillingServers(), { table: 'events' }, waiting), stalled)
  await assert.rejects(mustHaveRoomToErase(fillingServers(), null), stalled)
})
