// Erasing somebody, through the real services and servers.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { createOperator, erasedTopic, kafkaConfigFrom, topicNames } from '@custom-events/kafka'
import { eventually } from './support/eventually.ts'
import { QUICK_ERASURES, receiptIn, runErase } from './support/erase-command.ts'
import { startTestPipeline, type TestPipeline } from './support/pipeline.ts'
import { startTestConsumer } from './support/refill.ts'

const PATIENT = { withinMs: 90_000 }

let pipeline: TestPipeline
before(async () => {
  pipeline = await startTestPipeline({ environment: QUICK_ERASURES })
})
after(() => pipeline[Symbol.asyncDispose]())

const erase = (args: readonly string[], killAt?: RegExp) =>
  runErase(args, {
    environment: pipeline.environment,
    ...(killAt === undefined ? {} : { killAt }),
  })

let made = 0

function event(change: object = {}): object {
  made += 1
  return {
    event: 'erase_tested',
    event_id: `e-${made}`,
    group_id: 'account_1',
    user_id: 'user_here',
    timestamp: '2024-03-05T10:00:00Z',
    properties: { secret: `secret of ${made}` },
    ...change,
  }
}

async function post(events: readonly object[]): Promise<{
  readonly accepted: number
  readonly results: readonly {
    readonly status: string
    readonly reason?: { readonly code: string }
  }[]
}> {
  const response = await pipeline.post('/track?results=all', JSON.stringify(events))
  return (await response.json()) as Awaited<ReturnType<typeof post>>
}

async function count(sql: string): Promise<number> {
  const [row] = await pipeline.query<{ n: string }>(`SELECT count() AS n FROM ${sql}`)
  return Number(row?.n)
}

const until = (sql: string, expected: number) =>
  eventually(async () => assert.equal(await count(sql), expected, sql), PATIENT)

test(
  'an erased user is gone from every table, ignored from then on, and nothing brings them back',
  { timeout: 400_000 },
  async () => {
    const gone = 'u-"ü" \\ 7'
    await post([
      event({ user_id: gone, anonymous_id: 'a-7' }),
      event({ user_id: gone, group_id: 'account_2' }),
      event({ user_id: gone, event_id: 'twice', properties: { secret: 'first' } }),
      event({ user_id: gone, event_id: 'twice', properties: { secret: 'second' } }),
      event(),
      event({ timestamp: '2024-04-05T10:00:00Z' }),
    ])
    // Refused: one by its timestamp, one that is no JSON.
    await post([
      event({ user_id: gone, timestamp: 'yesterday' }),
      event({ timestamp: 'yesterday' }),
    ])
    await pipeline.post(
      '/track',
      `[${JSON.stringify(event({ user_id: gone })).slice(0, -1)},"n":NaN}]`,
    )
    // Set aside: bytes that no schema reads, with the id in them.
    const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
    const operator = createOperator(kafkaConfigFrom(config), log)
    const topics = topicNames(config.KAFKA_TOPIC)
    const avro = Buffer.concat([Buffer.from([9, Buffer.byteLength(gone) * 2]), Buffer.from(gone)])
    await operator.produce(topics.tracked, [
      { partition: 0, key: 'account_1', value: avro },
      { partition: 0, key: 'account_1', value: 'of nobody' },
    ])
    await until('tracked', 5)
    await until('rejected_events FINAL', 3)
    await until('dead_letters FINAL', 2)
    await until(`events_daily WHERE event = 'erase_tested'`, 3)

    const dry = await erase(['--user', gone])
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(
      dry.stdout,
      /^events: \d rows, each copy of an event counted, from 2024-03-05 10:00:00.000 to .*, in 2 accounts$/m,
    )
    assert.match(dry.stdout, /^rejected_events: 2 rows$/m)
    assert.match(dry.stdout, /^dead_letters: 1 row$/m)
    assert.match(dry.stdout, /anonymous ids beside this user: "a-7"/)
    assert.match(dry.stdout, /Dry run: nothing was changed/)
    assert.equal(await count('tracked'), 5)

    const done = await erase(['--user', gone, '--in-all-accounts', '--yes', '--by', 'tester'])
    assert.equal(done.code, 0, done.stderr + done.stdout)
    assert.match(done.stdout, /^anonymous ids beside this user: 1\. They are named on a terminal/m)
    const dryAgain = await erase(['--user', gone])
    assert.match(dryAgain.stdout, /^ERASED ALREADY: this user, asked on .* by tester /m)
    assert.doesNotMatch(dryAgain.stdout, /NOBODY/)
    const receipt = receiptIn(done)
    const none = { events: 0, rejected_events: 0, dead_letters: 0, seal_keys: 0 }
    assert.deepEqual(receipt['left'], none)
    assert.deepEqual(receipt['found'], { events: 4, rejected_events: 2, dead_letters: 1 })
    assert.equal(receipt['asked_by'], 'tester')
    assert.equal(receipt['id_sha256'], createHash('sha256').update(gone).digest('hex'))
    for (const id of [gone, 'a-7'])
      assert.ok(!done.stdout.includes(id), 'what is kept of a run does not say who')

    const areGone = async (): Promise<void> => {
      assert.deepEqual(
        [
          await count('tracked'),
          await count(`events WHERE user_id != 'user_here'`),
          await count('rejected_events'),
          await count('dead_letters'),
          await count(`events_daily WHERE event = 'erase_tested'`),
          await count(`active_users_daily WHERE users > 1`),
        ],
        [2, 0, 1, 1, 2, 0],
      )
      const examples = await pipeline.query<{ examples: string[] }>(
        'SELECT examples FROM catalogue_properties',
      )
      assert.ok(!JSON.stringify(examples).includes('second'))
    }
    await areGone()

    const later = await post([event({ user_id: gone }), event()])
    assert.deepEqual(
      later.results.map(({ status, reason }) => [status, reason?.code]),
      [
        ['ignored', 'erased'],
        ['accepted', undefined],
      ],
    )
    await until('tracked', 3)

    // From the beginning of Kafka once more, into emptied tables, by another group.
    for (const table of ['events', 'rejected_events', 'dead_letters']) {
      await pipeline.query(`TRUNCATE TABLE ${table}`)
    }
    await using refill = await refilled()
    await until('tracked', 3)
    await until('rejected_events FINAL', 1)
    await until('dead_letters FINAL', 1)
    await refill.untilCaughtUp()
    assert.equal(await count(`events WHERE user_id != 'user_here'`), 0)

    const lifted = await erase(['--user', gone, '--lift', '--yes'])
    assert.equal(lifted.code, 0, lifted.stderr + lifted.stdout)
    await eventually(async () => {
      const [back] = (await post([event({ user_id: gone, event_id: 'back' })])).results
      assert.equal(back?.status, 'accepted')
    }, PATIENT)
    await until(`tracked WHERE user_id != 'user_here'`, 1)
    await using again = await refilled()
    await again.untilCaughtUp()
    await until(`tracked WHERE user_id != 'user_here'`, 1)
    const list = await erase(['--list'])
    assert.match(list.stdout, /done .*7 rows {2}by tester/)
    assert.match(list.stdout, /lifted/)
  },
)

/** A consumer of a group of its own: it reads everything from offset 0. */
async function refilled() {
  const group = `refill.${(made += 1)}`

  return startTestConsumer(pipeline.environment, group)
}

test(
  'accounts that number their users each for itself: the request of one deletes nobody of another',
  { timeout: 240_000 },
  async () => {
    const [ours, theirs] = [
      { group_id: 'numbers_a', user_id: 1, anonymous_id: 'v' },
      { group_id: 'numbers_b', user_id: 1, anonymous_id: 'v' },
    ]
    await post([event(ours), event(theirs)])
    await post([
      event({ ...ours, timestamp: 'yesterday' }),
      event({ ...theirs, timestamp: 'yesterday' }),
    ])
    await until(`tracked WHERE user_id = '1'`, 2)
    await until(`rejected_events FINAL WHERE user_id = '1'`, 2)

    const refused = await erase(['--user', '1', '--yes'])
    assert.equal(refused.code, 64, refused.stderr + refused.stdout)
    assert.match(refused.stdout, /2 accounts .*--group .*--in-all-accounts/s)
    assert.equal(await count(`tracked WHERE user_id = '1'`), 2)

    // Somebody has set how long replaced parts of it stay.
    await pipeline.query('ALTER TABLE dead_letters MODIFY SETTING old_parts_lifetime = 47')
    const done = await erase(['--user', '1', '--group', 'numbers_a', '--yes'])
    assert.equal(done.code, 0, done.stderr + done.stdout)
    assert.deepEqual(receiptIn(done)['found'], { events: 1, rejected_events: 1 })
    assert.equal(receiptIn(done)['kind'], 'user_in_group')
    const kept = await pipeline.query<{ name: string; seconds: string }>(
      `SELECT name, extract(engine_full, 'old_parts_lifetime = (\\d+)') AS seconds FROM system.tables
       WHERE database = currentDatabase() AND seconds != ''`,
    )
    assert.deepEqual(kept, [{ name: 'dead_letters', seconds: '47' }])
    const left = await pipeline.query<{ group_id: string }>(
      `SELECT group_id FROM events WHERE user_id = '1'
       UNION ALL SELECT assumeNotNull(group_id) FROM rejected_events WHERE user_id = '1'`,
    )
    assert.deepEqual(
      left.map(({ group_id }) => group_id),
      ['numbers_b', 'numbers_b'],
    )
    const { results } = await post([event(ours), event(theirs)])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['ignored', 'accepted'],
    )
  },
)

test(
  'killed at every step, an erasure goes on where it stopped and counts every row once',
  { timeout: 500_000 },
  async () => {
    const steps = [
      /announced:/,
      /no query of events/,
      /rollups and catalogue/,
      /settled:/,
      /rewritten:/,
    ]
    for (const [index, killAt] of steps.entries()) {
      const group = `account_killed_${index}`
      await post([
        event({ group_id: group }),
        event({ group_id: group }),
        event({ group_id: group }),
      ])
      await until(`tracked WHERE group_id = '${group}'`, 3)
      const killed = await erase(['--group', group, '--yes'], killAt)
      assert.equal(killed.code, null, killed.stdout)
      const resumed = await erase(['--resume'])
      assert.equal(resumed.code, 0, resumed.stderr + resumed.stdout)
      assert.deepEqual(receiptIn(resumed)['found'], { events: 3 }, String(killAt))
      assert.equal(await count(`events WHERE group_id = '${group}'`), 0)
    }
    assert.match((await erase(['--resume'])).stdout, /Nothing to resume/)
  },
)

test(
  'two operators at once: one of them erases and has the receipt, the other is told',
  { timeout: 200_000 },
  async () => {
    const group = 'account_of_two'
    await post([event({ group_id: group }), event({ group_id: group })])
    await until(`tracked WHERE group_id = '${group}'`, 2)
    let second: ReturnType<typeof erase> | undefined
    const first = await runErase(['--group', group, '--yes'], {
      environment: { ...pipeline.environment, ERASE_SETTLE_SECONDS: '10' },
      onSaid: (said) => {
        if (said.includes('no query of events')) second ??= erase(['--resume'])
      },
    })
    assert.ok(second !== undefined)
    const both = [first, await second].toSorted(
      (one, other) => Number(one.code) - Number(other.code),
    )
    assert.deepEqual(both.map(({ code }) => code), [0, 1]) // prettier-ignore
    const [done, told] = both
    assert.ok(done !== undefined && told !== undefined)
    assert.match(told.stdout, /Not done: erasure .*: another command goes on with it/)
    const { found, sha256 } = receiptIn(done)
    assert.deepEqual(found, { events: 2 })
    const [row] = await pipeline.query<{ receipt_sha256: string; state: string }>(
      `SELECT receipt_sha256, state FROM erasures FINAL ORDER BY asked_at DESC LIMIT 1`,
    )
    assert.deepEqual(row, { receipt_sha256: sha256, state: 'done' })
  },
)

test(
  'with --before only what happened before goes, now and from then on',
  { timeout: 240_000 },
  async () => {
    const user_id = 'user_before'
    const [old, young] = [
      { user_id, timestamp: '2024-01-01T00:00:00Z' },
      { user_id, timestamp: '2024-02-01T00:00:00Z' },
    ]
    await post([event(old), event(young)])
    await until(`tracked WHERE user_id = '${user_id}'`, 2)
    const done = await erase(['--user', user_id, '--before', '2024-01-15', '--yes'])
    assert.equal(done.code, 0, done.stderr + done.stdout)
    await until(`tracked WHERE user_id = '${user_id}'`, 1)
    const { results } = await post([event(old), event(young)])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['ignored', 'accepted'],
    )
  },
)

test(
  'a topic of erasures that was lost is filled anew by setup',
  { timeout: 240_000 },
  async () => {
    const user_id = 'user_of_a_lost_topic'
    const done = await erase(['--user', user_id, '--yes'])
    assert.equal(done.code, 0, done.stderr + done.stdout)
    const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
    const operator = createOperator(kafkaConfigFrom(config), log)
    await operator.deleteTopic(erasedTopic(config.KAFKA_TOPIC))

    const lines: string[] = []
    await eventually(() => setUp(config, log, (line) => void lines.push(line)), PATIENT)
    assert.match(lines.join('\n'), /erasures: \d+ were not on Kafka, and are again/)
    await eventually(async () => {
      const [result] = (await post([event({ user_id })])).results
      assert.equal(result?.reason?.code, 'erased')
    }, PATIENT)
  },
)
