import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learnLogs } from './logs.ts'
import { Abandoned } from './persist.ts'

test('a ClickHouse that never answers does not keep the service from stopping', async () => {
  const stop = new AbortController()
  const never = new Promise<never>(() => {})
  const learning = learnLogs(
    {
      clickhouse: { query: () => never, command: () => never },
      persistence: { wait: () => never, counted: () => {}, recovered: () => {} },
      stop: stop.signal,
    },
    [{ clusterId: 'c', topic: 't', topicId: 'i' }],
  )
  stop.abort()
  await assert.rejects(learning, Abandoned)
})
