// Erasures over two ClickHouses, each a shard, beside a real Kafka.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDestroyKeys } from '../cli/src/destroy-keys/open.ts'
import { readDestroyKeysConfig } from '../cli/src/destroy-keys/config.ts'
import { readEraseConfig } from '../cli/src/erase/config.ts'
import { openKafka } from '../cli/src/erase/topic/open-kafka.ts'
import { erasedIdOf } from '@custom-events/event'
import { consumerGroupName, createOperator, groupsOfShards, topicNames } from '@custom-events/kafka'
import { kafkaAt } from './ingest/support.ts'
import { runCli } from './support/cli-command.ts'
import { keepPartsBriefly, receiptIn, runErase } from './support/erase-command.ts'
import { eventually } from './support/eventually.ts'
import { countRows, insertEvents, openTwoShards, type TwoShards } from './support/two-shards.ts'

let two: TwoShards
before(async () => {
  two = await openTwoShards({ isWithKafka: true })
  await two.setUp()
  for (const clickhouse of two.shards) await keepPartsBriefly((sql) => clickhouse.command(sql))
})
after(() => two[Symbol.asyncDispose]())

const SLOW = { timeout: 600_000 }
const cli = (...args: readonly string[]) => runCli(args, { environment: two.environment })

/** Rows of each of the shards. */
const onBoth = (from: string) => Promise.all(two.shards.map((each) => countRows(each, from)))

const erasuresOf = (at: 0 | 1) =>
  two.shards[at].query<{ readonly state: string; readonly found: object }>(
    'SELECT toString(erasure_id) AS id, state, found, pending FROM erasures FINAL ORDER BY asked_at',
  )

/** Somebody of an account of each shard, refused on one, with a key on both. */
async function insertSomebody(user: string): Promise<void> {
  const [one, other] = two.shards
  const of = (group: string, id: string) => ({ group, user, id: `${user}-${id}` })
  await insertEvents(one, [of('acme', '1'), of('acme', '2'), { ...of('acme', '3'), user: 'other' }])
  await insertEvents(other, [of('beta', '1')])
  await other.command(
    `INSERT INTO rejected_events (received_at, code, request_id, index, group_id, user_id, raw, errors, version)
     SELECT now64(3), 'invalid', {user:String}, 0, 'acme', {user:String}, '{}', '[]', cityHash64({user:String}) % 1000`,
    { user },
  )
  for (const keys of two.keys) {
    await keys.command(
      `INSERT INTO seal_keys (key_id, group_id, user_id, key, version)
       SELECT concat('p', substring(hex(SHA256({user:String})), 1, 22)), 'acme', {user:String}, randomString(32), 1`,
      { user },
    )
  }
}

test(
  'whoever is erased is gone from every shard, and the receipt says so of each',
  SLOW,
  async () => {
    await insertSomebody('ann')
    const dry = await runErase(['--user', 'ann'], { environment: two.environment })
    assert.match(
      dry.stdout,
      /^events: 3 rows, each copy of an event counted, from 2024-03-05 .*, in 2 accounts$/m,
    )
    assert.match(dry.stdout, /^rejected_events: 1 row\ndead_letters: 0 rows$/m)
    assert.match(dry.stdout, /^ {2}shard 1 of 2: events 2, rejected_events 0, dead_letters 0$/m)
    assert.match(dry.stdout, /^ {2}shard 2 of 2: events 1, rejected_events 1, dead_letters 0$/m)
    assert.match(dry.stdout, /^keys of sealed properties: 1$/m)
    const refused = await runErase(['--user', 'ann', '--yes'], { environment: two.environment })
    assert.equal(refused.code, 64, 'two accounts, each on a shard of its own')

    const args = ['--user', 'ann', '--in-all-accounts', '--yes', '--by', 'tester']
    const done = await runErase(args, { environment: two.environment })
    assert.equal(done.code, 0, done.stderr + done.stdout)
    const receipt = receiptIn(done)
    const none = { events: 0, rejected_events: 0, dead_letters: 0, seal_keys: 0 }
    assert.deepEqual(receipt['found'], { events: 3, rejected_events: 1, seal_keys: 2 })
    assert.deepEqual(receipt['left'], none)
    assert.deepEqual(receipt['shards'], {
      1: { found: { events: 2, seal_keys: 1 }, left: none },
      2: { found: { events: 1, rejected_events: 1, seal_keys: 1 }, left: none },
    })
    assert.deepEqual(await onBoth("events WHERE user_id = 'ann'"), [0, 0])
    assert.deepEqual(await onBoth("events WHERE user_id = 'other'"), [1, 0])
    assert.deepEqual(await onBoth('rejected_events'), [0, 0])
    assert.deepEqual(await onBoth('custom_events_keys.seal_keys'), [0, 0])
    assert.deepEqual(await onBoth('custom_events_keys.destroyed_keys FINAL'), [1, 1])
    for (const at of [0, 1] as const) {
      const [row] = await erasuresOf(at)
      assert.equal(row?.state, 'done')
    }
    const audits = await onBoth("audit FINAL WHERE command = 'erase' AND outcome = 'done'")
    assert.deepEqual(audits, [1, 0], 'who did what stands on the first')
  },
)

test(
  'killed at every step, an erasure goes on over all shards and counts every row once',
  SLOW,
  async () => {
    const steps = [/announced:/, /no query of events/, /settled:/, /keys: 1/, /rewritten:/]
    for (const [index, killAt] of steps.entries()) {
      const user = `killed-${index}`
      await insertSomebody(user)
      const args = ['--user', user, '--in-all-accounts', '--yes']
      await runErase(args, { environment: two.environment, killAt })
      const resumed = await runErase(['--resume'], { environment: two.environment })
      assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
      if (!/Nothing to resume/.test(resumed.stdout)) {
        const found = { events: 3, rejected_events: 1, seal_keys: 2 }
        assert.deepEqual(receiptIn(resumed)['found'], found, String(killAt))
      }
      assert.deepEqual(await onBoth(`events WHERE user_id = '${user}'`), [0, 0])
    }
    const [one, other] = await Promise.all([erasuresOf(0), erasuresOf(1)])
    assert.deepEqual(one.map(({ state }) => state), other.map(({ state }) => state)) // prettier-ignore
    assert.ok(one.every(({ state }) => state === 'done'))
  },
)

test(
  'a shard that goes away stops an erasure with words, and it goes on when the shard is back',
  SLOW,
  async () => {
    await insertSomebody('away')
    const [, second] = two.servers
    const args = ['--user', 'away', '--in-all-accounts', '--yes']
    const stopped = await runErase(args, {
      environment: two.environment,
      onSaid: (said) => {
        if (said.includes('announced:')) second.kill('SIGKILL')
      },
    })
    assert.equal(stopped.code, 1, stopped.stdout)
    assert.match(stopped.stderr, /shard 2 of 2[^]*fix: is ClickHouse running at CLICKHOUSE_SHARD_URLS, shard 2 of 2: .*; then go on with: .* --resume/) // prettier-ignore
    const refused = await runErase(['--resume'], { environment: two.environment })
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /asking which shard each ClickHouse is failed: shard 2 of 2/)
    await second.restart()
    const resumed = await runErase(['--resume'], { environment: two.environment })
    assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
    assert.deepEqual(receiptIn(resumed)['found'], { events: 3, rejected_events: 1, seal_keys: 2 })
    assert.deepEqual(await onBoth("events WHERE user_id = 'away'"), [0, 0])
  },
)

test('an erasure that a restored shard has forgotten is done there again', SLOW, async () => {
  const [one, other] = two.shards
  await insertEvents(other, [{ group: 'beta', user: 'ann', id: 'from a backup' }])
  const [forgotten] = await erasuresOf(0)
  await other.command('ALTER TABLE erasures DELETE WHERE erasure_id = {id:UUID} SETTINGS mutations_sync = 2', { id: (forgotten as unknown as { id: string }).id }) // prettier-ignore
  const list = await runErase(['--list'], { environment: two.environment })
  assert.match(list.stdout, /^\S+ {2}asked /m)
  const resumed = await runErase(['--resume'], { environment: two.environment })
  assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
  assert.deepEqual(await onBoth("events WHERE user_id = 'ann'"), [0, 0])
  assert.deepEqual(await Promise.all([one, other].map((each) => countRows(each, "erasures FINAL WHERE state != 'done'"))), [0, 0]) // prettier-ignore
})

test(
  'setup fills the topic of erasures from every shard: what one alone knows is enough',
  SLOW,
  async () => {
    const lifted = await runErase(['--user', 'ann', '--lift', '--yes'], { environment: two.environment }) // prettier-ignore
    assert.equal(lifted.code, 0, lifted.stderr)
    await two.shards[0].command("ALTER TABLE erasures DELETE WHERE state = 'lifted' SETTINGS mutations_sync = 2") // prettier-ignore
    const resumed = await runErase(['--resume'], { environment: two.environment })
    assert.match(resumed.stdout, /Nothing to resume/)
    assert.deepEqual(await onBoth("erasures FINAL WHERE state = 'lifted'"), [1, 1])
  },
)

test(
  'of what was lifted a shard that has forgotten it loses what was taken before, and nobody anything since',
  SLOW,
  async () => {
    const [one, other] = two.shards
    const of = { user: 'ann', receivedAt: new Date().toISOString().slice(0, -1) }
    await insertEvents(one, [{ ...of, group: 'acme', id: 'since' }])
    await insertEvents(other, [
      { ...of, group: 'beta', id: 'since, too' },
      { group: 'beta', user: 'ann', id: 'from a backup' },
    ])
    // As an older backup has it, or none.
    await other.command(
      'ALTER TABLE erasures DELETE WHERE id_sha256 = {sha256:String} SETTINGS mutations_sync = 2',
      { sha256: erasedIdOf('user', 'ann').sha256 },
    )
    await one.command("ALTER TABLE erasures DELETE WHERE state = 'lifted' SETTINGS mutations_sync = 2") // prettier-ignore
    assert.doesNotMatch(await two.setUp(), /were not on Kafka/)
    assert.deepEqual(await spansOfAnn(), ['taken before the lift'])
    const resumed = await runErase(['--resume'], { environment: two.environment })
    assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
    assert.match(resumed.stdout, /^announced before, and lifted at .*: what was taken since stays$/m) // prettier-ignore
    assert.match(String(receiptIn(resumed)['lifted_at']), /Z$/)
    assert.deepEqual(await onBoth("events WHERE user_id = 'ann'"), [1, 1])
    assert.deepEqual(await onBoth("events WHERE event_id = 'from a backup'"), [0, 0])
    assert.deepEqual(await spansOfAnn(), ['taken before the lift'])
    const unfinished = "erasures FINAL WHERE state NOT IN ('done', 'lifted')"
    assert.deepEqual(await onBoth(unfinished), [0, 0])
  },
)

test(
  'what no shard knows of any more, because older backups were restored, goes by what Kafka says',
  SLOW,
  async () => {
    const ids = ['killed-0', 'ann'].map((id) => erasedIdOf('user', id).sha256)
    const forget = 'ALTER TABLE erasures DELETE WHERE id_sha256 IN {ids:Array(String)}'
    for (const each of two.shards)
      await each.command(`${forget} SETTINGS mutations_sync = 2`, { ids })
    await insertEvents(two.shards[0], [
      { group: 'acme', user: 'killed-0', id: 'restored' },
      { group: 'acme', user: 'ann', id: 'restored, too' },
    ])
    const resumed = await runErase(['--resume'], { environment: two.environment })
    assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
    assert.match(
      resumed.stdout,
      /^\d erasures? that Kafka tells of and no table, .*: \d of them are done again$/m,
    )
    assert.deepEqual(await onBoth("events WHERE user_id = 'killed-0'"), [0, 0])
    assert.deepEqual(await onBoth("events WHERE user_id = 'ann'"), [1, 1], 'what came since')
    assert.deepEqual(await spansOfAnn(), ['taken before the lift'])
    assert.deepEqual(await onBoth("erasures FINAL WHERE state = 'lifted'"), [1, 1])
    const again = await runErase(['--resume'], { environment: two.environment })
    assert.match(again.stdout, /Nothing to resume/)
    assert.doesNotMatch(await two.setUp(), /were not on Kafka/)
  },
)

/** What the topic says of her. */
async function spansOfAnn(): Promise<readonly string[]> {
  await using resources = new AsyncDisposableStack()
  const { config, log } = readEraseConfig({ ...two.environment, LOG_LEVEL: 'error' })
  const { signal: stop } = new AbortController()
  const topic = await openKafka({ config, log, resources, stop })
  const { spans = [] } = (await topic.find(erasedIdOf('user', 'ann'))) ?? {}
  return spans.map(({ receivedBefore }) =>
    receivedBefore === null ? 'everything' : 'taken before the lift',
  )
}

test('keys are destroyed on every shard', SLOW, async () => {
  await insertSomebody('sealed')
  const planned = await cli('destroy-keys', '--user', 'sealed')
  assert.match(planned.stdout, /1 key of user "sealed" in account "acme" would be destroyed/)
  const done = await cli('destroy-keys', '--user', 'sealed', '--yes')
  assert.equal(done.code, 0, done.stderr + done.stdout)
  await eventually(async () =>
    assert.deepEqual(await onBoth('custom_events_keys.seal_keys'), [0, 0]),
  )
})

test(
  'keys stay in Kafka until consumers from before there were shards have them, too',
  SLOW,
  async () => {
    const read = readDestroyKeysConfig({ ...two.environment, LOG_LEVEL: 'error' })
    const topic = two.environment['KAFKA_TOPIC'] ?? ''
    const { keys } = topicNames(topic)
    const operator = createOperator(kafkaAt(read.config.KAFKA_BROKERS.join()), read.log)
    await operator.produce(keys, [{ partition: 0, key: Buffer.from('k'), value: Buffer.from('v') }])
    const unsharded = consumerGroupName('', topic)
    for (const group of groupsOfShards(unsharded, 2)) {
      await operator.setOffsets(group, keys, new Map([[0, 1]]))
    }
    await operator.setOffsets(unsharded, keys, new Map([[0, 0]]))
    const waits = async (stop: AbortSignal) => {
      await using resources = new AsyncDisposableStack()
      await openDestroyKeys({ ...read, stop }, resources).caughtUp(new Map([[0, 1]]))
    }
    await assert.rejects(waits(AbortSignal.timeout(2_000)), { name: 'AbortError' })
    await operator.setOffsets(unsharded, keys, new Map([[0, 1]]))
    await waits(new AbortController().signal)
  },
)
