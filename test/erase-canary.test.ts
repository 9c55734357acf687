// After an erasure no file of ClickHouse's folder has a byte of the person: looked for with everything uncompressed.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startStack } from '@custom-events/embedded'
import { createOperator, kafkaConfigFrom, topicNames } from '@custom-events/kafka'
import { readSetupConfig } from '@custom-events/cli'
import { eventually } from './support/eventually.ts'
import { filesWith } from './support/files-with.ts'
import { QUICK_ERASURES, receiptIn, runErase } from './support/erase-command.ts'
import { startTestPipeline, type TestPipeline } from './support/pipeline.ts'

const PATIENT = { withinMs: 120_000 }

/** Columns that are written as they are, so that a search of the files finds what is in them. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  events: [
    'group_id String',
    'user_id Nullable(String)',
    'anonymous_id Nullable(String)',
    'properties String',
    'context String',
    'extra String',
  ],
  rejected_events: [
    'group_id Nullable(String)',
    'user_id Nullable(String)',
    'raw String',
    'beside Nullable(String)',
  ],
  dead_letters: ['key Nullable(String)', 'value Nullable(String)'],
  rollup_daily: ['group_id String'],
  catalogue_daily: ['examples Array(String)'],
  catalogue: ['examples Array(String)'],
}

async function count(pipeline: TestPipeline, sql: string): Promise<number> {
  const [row] = await pipeline.query<{ n: string }>(`SELECT count() AS n FROM ${sql}`)
  return Number(row?.n)
}

test('no file of ClickHouse has a byte of who was erased', { timeout: 600_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'custom-events-canary-'))
  await using resources = new AsyncDisposableStack()
  resources.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const stack = resources.use(await startStack({ dataDir, keepsReplacedParts: false }))
  const pipeline = resources.use(
    await startTestPipeline({ servers: stack.environment, environment: QUICK_ERASURES }),
  )
  for (const [table, columns] of Object.entries(PLAIN)) {
    for (const column of columns) {
      await pipeline.query(`ALTER TABLE ${table} MODIFY COLUMN ${column} CODEC(NONE)`)
    }
  }
  const canary = (name: string): string => `canary-${name}-${randomUUID()}`
  const [user, secret, account] = [canary('user'), canary('secret'), canary('account')]
  const event = (change: object): object => ({
    event: 'canary_tested',
    event_id: randomUUID(),
    group_id: 'account_1',
    user_id: 'user_here',
    timestamp: '2024-03-05T10:00:00Z',
    properties: { note: 'of somebody else' },
    ...change,
  })
  const theirs = { user_id: user, properties: { note: secret }, context: { traits: secret } }
  const send = (events: readonly object[]) => pipeline.post('/track', JSON.stringify(events))
  await send([event(theirs), event({ ...theirs, group_id: account }), event({})])
  await send([event({ group_id: account, properties: { note: secret } }), event({})])
  await send([
    event({ ...theirs, timestamp: 'yesterday' }),
    event({ group_id: account, timestamp: 'no' }),
  ])
  const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
  const letter = Buffer.concat([Buffer.from([9, user.length * 2]), Buffer.from(user + secret)])
  await createOperator(kafkaConfigFrom(config), log).produce(
    topicNames(config.KAFKA_TOPIC).tracked,
    [{ partition: 0, key: account, value: letter }],
  )
  const until = (sql: string, expected: number) =>
    eventually(async () => assert.equal(await count(pipeline, sql), expected, sql), PATIENT)
  await until('tracked', 5)
  await until('rejected_events', 2)
  await until('dead_letters', 1)
  await until(
    `catalogue_properties WHERE property = 'note' AND has(examples, '"of somebody else"')`,
    1,
  )
  await until(`active_users_daily WHERE startsWith(group_id, 'canary')`, 1)

  const folder = join(dataDir, 'clickhouse')
  const canaries = [user, secret, account]
  for (const each of canaries) {
    assert.notDeepEqual(
      await filesWith(folder, each),
      [],
      `the search finds ${each} as it is there`,
    )
  }
  for (const args of [
    ['--user', user, '--in-all-accounts'],
    ['--group', account],
  ]) {
    const done = await runErase([...args, '--yes'], { environment: pipeline.environment })
    assert.equal(done.code, 0, done.stderr + done.stdout)
    assert.deepEqual(receiptIn(done)['left'], {
      events: 0,
      rejected_events: 0,
      dead_letters: 0,
      seal_keys: 0,
    })
  }
  assert.equal(await count(pipeline, 'tracked'), 2)
  for (const each of canaries) assert.deepEqual(await filesWith(folder, each), [], each)
})
