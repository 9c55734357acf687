import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { clickhouseHeaders } from '@custom-events/embedded'
import { createProducer, kafkaConfigFrom, readGroupOffsets, topicNames } from '@custom-events/kafka'
import { runCli, type CliEnded } from './support/cli-command.ts'
import { keepPartsBriefly, QUICK_ERASURES, runErase } from './support/erase-command.ts'
import { eventually } from './support/eventually.ts'
import { startTestPipeline, type TestPipeline } from './support/pipeline.ts'

/** Everything here waits for a condition; a busy machine may take long. */
const PATIENT = { withinMs: 60_000 }

let pipeline: TestPipeline
before(async () => {
  pipeline = await startTestPipeline({ environment: QUICK_ERASURES })
})
after(() => pipeline[Symbol.asyncDispose]())

/** The command as an operator runs it, against the test's own topic and database. */
function replay(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliEnded> {
  return runCli(['replay', ...args], {
    environment: { ...pipeline.environment, AUTH_MODE: 'off', ...environment },
  })
}

const rejected = (group: string, ...more: readonly string[]) =>
  ['--from', 'rejected', '--group-id', group, ...more] as const
const deadLetters = (group: string, ...more: readonly string[]) =>
  ['--from', 'dead-letters', '--group-id', group, ...more] as const

function eventText(group: string, change: object = {}): string {
  return JSON.stringify({
    event: 'replayed',
    event_id: 'e-1',
    group_id: group,
    user_id: 'user_1',
    timestamp: '2024-01-01T00:00:00Z',
    properties: { version: 1 },
    ...change,
  })
}

async function untilRejected(group: string, count: number): Promise<void> {
  await eventually(async () => {
    const rows = await pipeline.query(
      `SELECT 1 FROM rejected_events FINAL WHERE group_id = '${group}'`,
    )
    assert.equal(rows.length, count)
  }, PATIENT)
}

interface Row {
  readonly properties: string
}

/** Until the account's events have these properties, in the order of their text. */
async function untilTracked(group: string, expected: readonly object[]): Promise<void> {
  await eventually(async () => {
    const rows = await pipeline.query<Row>(
      `SELECT properties FROM tracked WHERE group_id = '${group}' ORDER BY properties`,
    )
    assert.deepEqual(
      rows.map(({ properties }) => JSON.parse(properties) as object),
      expected,
    )
  }, PATIENT)
}

/** The ends of every log that a replay could write to: when they stay, it wrote nothing. */
async function logEnds(): Promise<readonly number[]> {
  const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
  const offsets = await readGroupOffsets({
    kafka: kafkaConfigFrom(config),
    consumerGroup: config.KAFKA_CONSUMER_GROUP,
    topics: Object.values(topicNames(config.KAFKA_TOPIC)),
    log,
  })
  return offsets.map(({ latest }) => latest)
}

test(
  'a rejected event becomes a row once the rule was mended, and twice is the same',
  { timeout: 170_000 },
  async () => {
    const group = 'replay_rejected'
    const mended = { EVENT_EARLIEST_TIMESTAMP: '1990-01-01T00:00:00Z' }
    const old = { timestamp: '1999-01-01T00:00:00Z' }
    await pipeline.post('/track', eventText(group, old))
    await pipeline.post('/track', eventText(group, { ...old, event_id: undefined, properties: {} }))
    await pipeline.post('/track', eventText(group, { timestamp: 'yesterday' }))
    await untilRejected(group, 3)

    const endsBefore = await logEnds()
    const dry = await replay(rejected(group, '--dry-run'), mended)
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(dry.stdout, /timestamp_out_of_range +2 +2 +0 +0 +0\n/)
    assert.match(dry.stdout, /invalid_timestamp +1 +0 +0 +1 +0\n/)
    assert.match(dry.stdout, /refused again: 1 with invalid_timestamp\n/)
    assert.match(dry.stdout, /Dry run: nothing was changed\.\n$/)
    assert.deepEqual(await logEnds(), endsBefore)

    const first = await replay(rejected(group), mended)
    assert.equal(first.code, 1, first.stderr)
    assert.match(first.stdout, /2 rejected events replayed/)
    assert.match(first.stdout, /1 stay open/)
    await untilTracked(group, [{ version: 1 }, {}])
    await eventually(async () => {
      const [row] = await pipeline.query<{ same: string }>(
        `SELECT count() AS same FROM tracked AS t INNER JOIN (SELECT * FROM rejected_events FINAL) AS r
         ON t.group_id = r.group_id AND t.event_id = r.event_id
         WHERE t.group_id = '${group}' AND t.received_at = r.received_at AND r.resolution = 'replayed'
           AND r.replayed_to = concat('${pipeline.environment['KAFKA_TOPIC']}/',
                 toString(t.kafka_partition), '/', toString(t.kafka_offset))`,
      )
      assert.equal(
        Number(row?.same),
        2,
        'as if accepted at first arrival; each row tells its place',
      )
    }, PATIENT)

    const endsAfter = await logEnds()
    const again = await replay(rejected(group), mended)
    assert.equal(again.code, 1, 'what is refused again stays open')
    assert.match(again.stdout, /^2 rejected events more were ended by earlier replays/m)
    assert.deepEqual(await logEnds(), endsAfter, 'no second event, no second rejection')
  },
)

test(
  'a newer copy of a rejected event wins, unless the operator forces the older one',
  { timeout: 170_000 },
  async () => {
    const group = 'replay_newer'
    const mended = { EVENT_PLACEHOLDER_IDS: 'undefined' }
    await pipeline.post('/track', eventText(group, { user_id: 'null' }))
    await untilRejected(group, 1)
    await pipeline.post('/track', eventText(group, { properties: { version: 2 } }))
    await untilTracked(group, [{ version: 2 }])

    const kind = await replay(rejected(group), mended)
    assert.equal(kind.code, 0, kind.stderr)
    assert.match(kind.stdout, /superseded: 1 of which a copy as new or newer/)
    assert.match(kind.stdout, /^0 rejected events replayed/m)
    await eventually(async () => {
      const rows = await pipeline.query(
        `SELECT resolution FROM rejected_events FINAL WHERE group_id = '${group}'`,
      )
      assert.deepEqual(rows, [{ resolution: 'superseded' }])
    }, PATIENT)
    await untilTracked(group, [{ version: 2 }])

    const forced = await replay(rejected(group, '--force'), mended)
    assert.equal(forced.code, 0, forced.stderr)
    await untilTracked(group, [{ version: 1 }])
  },
)

test(
  'what the request said beside a rejected event is part of it when it is replayed',
  { timeout: 170_000 },
  async () => {
    const group = 'replay_beside'
    const send = (user: string) =>
      fetch(`${pipeline.url}/v1/batch`, {
        method: 'POST',
        headers: { 'idempotency-key': `key of ${group}` },
        body: JSON.stringify({
          sentAt: '2024-02-01T00:00:00.500Z',
          context: { groupId: group, library: { name: 'ours' } },
          batch: [
            { event: 'b', userId: user, timestamp: '2024-01-01T00:00:00Z', context: { a: 1 } },
          ],
        }),
      })
    await send('null')
    await untilRejected(group, 1)
    const { code, stderr } = await replay(rejected(group), { EVENT_PLACEHOLDER_IDS: 'undefined' })
    assert.equal(code, 0, stderr)
    const rows = () =>
      pipeline.query<{ context: string; sent_at: string; user_id: string; event_id: string }>(
        `SELECT context, sent_at, user_id, event_id FROM tracked WHERE group_id = '${group}'`,
      )
    const [row] = await eventually(async () => {
      const found = await rows()
      assert.equal(found.length, 1)
      return found
    }, PATIENT)
    assert.deepEqual(JSON.parse(row?.context ?? ''), {
      groupId: group,
      library: { name: 'ours' },
      a: 1,
    })
    assert.equal(row?.sent_at, '2024-02-01 00:00:00.500')

    assert.equal(row?.event_id.charAt(14), '5', 'made of the Idempotency-Key, by name')
    await send('user_1')
    await eventually(async () => {
      const users = (await rows()).map((each) => each.user_id).toSorted()
      assert.deepEqual(users, ['null', 'user_1'], 'another event, although its key was used before')
    }, PATIENT)
  },
)

/** A statement without a result. */
async function command(sql: string): Promise<void> {
  const { config } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
  const url = `${config.CLICKHOUSE_URL}/?database=${config.CLICKHOUSE_DATABASE}`
  const response = await fetch(url, {
    method: 'POST',
    headers: clickhouseHeaders(config),
    body: sql,
  })
  assert.ok(response.ok, await response.text())
}

async function setConstraint(change: string): Promise<void> {
  const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
  await command(`ALTER TABLE events ${change}`)
  await setUp(config, log, () => {}) // makes the probe table anew
}

/** A record that no version of ours can read. */
async function produceGarbage(group: string): Promise<void> {
  const { config, log } = readSetupConfig({ ...pipeline.environment, LOG_LEVEL: 'error' })
  const topic = config.KAFKA_TOPIC
  await using producer = createProducer({
    kafka: kafkaConfigFrom(config),
    partitionCountByTopic: { [topic]: config.KAFKA_PARTITIONS },
    log,
  })
  const record = { topic, partition: 0, key: Buffer.from(group), value: Buffer.from([7, 7]) }
  await eventually(async () => {
    const [outcome] = await producer.produce([record])
    assert.equal(outcome?.status, 'acknowledged')
  }, PATIENT)
}

const lettersOf = (group: string) =>
  pipeline.query<{ dead_lettered_at: string; resolution: string | null; value: string }>(
    `SELECT dead_lettered_at, resolution, hex(value) AS value FROM dead_letters FINAL
     WHERE key = '${group}' ORDER BY source_partition, source_offset`,
  )

test(
  'dead letters become rows once the table takes them; newer copies win, older ones are updated',
  { timeout: 175_000 },
  async () => {
    const group = 'replay_dead'
    const send = async (id: string, version: number): Promise<void> => {
      const text = eventText(group, { event: 'poison', event_id: id, properties: { id, version } })
      assert.equal((await pipeline.post('/track', text)).status, 200)
    }
    await send('updated', 1)
    await untilTracked(group, [{ id: 'updated', version: 1 }])
    await setConstraint(`ADD CONSTRAINT no_poison CHECK event != 'poison'`)
    await send('alone', 1)
    await send('overtaken', 1)
    await send('updated', 2)
    await produceGarbage(group)
    await eventually(async () => assert.equal((await lettersOf(group)).length, 4), PATIENT)
    const letters = await lettersOf(group)

    const tooEarly = await replay(deadLetters(group))
    assert.equal(tooEarly.code, 1, tooEarly.stderr)
    assert.match(tooEarly.stdout, /refused again: 3 with 469\n/)
    assert.match(tooEarly.stdout, /refused again: 1 with no_magic_byte\n/)
    assert.deepEqual(await lettersOf(group), letters)

    await setConstraint('DROP CONSTRAINT no_poison')
    await send('overtaken', 2)
    const { code, stdout, stderr } = await replay(deadLetters(group, '--code', '469'))
    assert.equal(code, 0, `${stdout}${stderr}`)
    assert.match(stdout, / 469 +3 +2 +1 +0 +0\n/, 'the copy just accepted is waited for and seen')
    const expected = [
      { id: 'alone', version: 1 },
      { id: 'overtaken', version: 2 },
      { id: 'updated', version: 2 },
    ]
    await untilTracked(group, expected)
    await eventually(async () => {
      const now = await lettersOf(group)
      const open = now.filter(({ resolution }) => resolution === null)
      assert.equal(open.length, 1, 'the garbage')
      const times = ({ dead_lettered_at: at, value }: (typeof letters)[number]) => [at, value]
      assert.deepEqual(now.map(times), letters.map(times), 'times and bytes stay')
    }, PATIENT)

    const endsAfter = await logEnds()
    const again = await replay(deadLetters(group))
    assert.equal(again.code, 1, 'the garbage stays open')
    assert.match(again.stdout, /3 dead letters more were ended by earlier replays/)
    assert.deepEqual(await logEnds(), endsAfter)
    await untilTracked(group, expected)
  },
)

test(
  'an event that was kept only in part is counted and named, never guessed',
  { timeout: 170_000 },
  async () => {
    const group = 'replay_cut'
    const large = { user_id: 'null', properties: { text: 'x'.repeat(70_000) } }
    await pipeline.post('/track', eventText(group, large))
    await untilRejected(group, 1)
    const [row] = await pipeline.query<{ name: string }>(
      `SELECT concat(request_id, '/', toString(\`index\`)) AS name FROM rejected_events
       WHERE group_id = '${group}'`,
    )
    const { code, stdout } = await replay(rejected(group), { EVENT_PLACEHOLDER_IDS: 'undefined' })
    assert.equal(code, 1)
    assert.ok(stdout.includes(`unusable: 1 kept only in part`) && stdout.includes(row?.name ?? '?'))
  },
)

test(
  'a reject of somebody who was erased is ignored, reason erased, however it came back to the table',
  { timeout: 170_000 },
  async () => {
    const [group, beside] = ['replay_erased', 'replay_beside_erased']
    const mended = { EVENT_EARLIEST_TIMESTAMP: '1990-01-01T00:00:00Z' }
    const old = { timestamp: '1999-01-01T00:00:00Z' }
    for (const each of [group, beside]) {
      await pipeline.post('/track', eventText(each, old))
      await untilRejected(each, 1)
    }
    // A backup that somebody restores afterwards.
    const saved = `SELECT * FROM rejected_events WHERE group_id = '${group}'`
    await command(`CREATE TABLE saved ENGINE = Memory AS ${saved}`)
    await keepPartsBriefly(command)
    const erased = await runErase(['--group', group, '--yes'], {
      environment: pipeline.environment,
    })
    assert.equal(erased.code, 0, erased.stdout + erased.stderr)
    await untilRejected(group, 0)
    await command('INSERT INTO rejected_events SELECT * FROM saved')
    await untilRejected(group, 1)

    for (const force of [[], ['--force']]) {
      const { code, stdout, stderr } = await replay(rejected(group, ...force), mended)
      assert.equal(code, 1, `${stdout}${stderr}`)
      assert.match(stdout, /unusable: 1 of a user, an account or a visitor that was erased/)
    }
    const other = await replay(rejected(beside), mended)
    assert.equal(other.code, 0, 'the same reject of anybody else is accepted')
    await untilTracked(beside, [{ version: 1 }])
    // What a replay would make of it, sent by anybody: the door says why.
    const answer = await pipeline.post('/track?results=all', eventText(group))
    const { results } = (await answer.json()) as { results: readonly object[] }
    const [result] = results as readonly { status: string; reason?: { code: string } }[]
    assert.deepEqual([result?.status, result?.reason?.code], ['ignored', 'erased'])
    const rows = await pipeline.query(`SELECT 1 FROM events WHERE group_id = '${group}'`)
    assert.deepEqual(rows, [])
  },
)

test('with Kafka away nothing is said but that, and nothing is done', async () => {
  const { code, stdout, stderr } = await replay(['--from', 'rejected'], {
    KAFKA_BROKERS: '127.0.0.1:9',
  })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^connecting to Kafka failed: .*\n {2}fix: .*KAFKA_BROKERS=127\.0\.0\.1:9/)
})

for (const [args, environment, code, said] of [
  [['--form', 'rejected'], {}, 64, /unknown option '--form'\n\(Did you mean --from\?\)/],
  [['--from', 'rejected'], { AUTH_MODE: 'keys' }, 78, /WRITE_KEYS_FILE is not set/],
] as const) {
  test(`${args.join(' ')} ${JSON.stringify(environment)} exits ${code} and says why`, async () => {
    const ended = await replay(args, environment)
    assert.match(ended.stderr, said)
    assert.equal(ended.code, code)
    assert.equal(ended.stdout, '')
  })
}
