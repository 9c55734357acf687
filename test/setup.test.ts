import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { createClickHouse } from '@custom-events/clickhouse'
import { createOperator, erasedTopic, kafkaConfigFrom, writeGeneration } from '@custom-events/kafka'
import { readViewsConfig } from '../cli/src/views/config.ts'
import { runViews } from '../cli/src/views/views.ts'
import { eventually } from './support/eventually.ts'
import { servers } from './support/servers.ts'
import type { Servers } from './support/server-addresses.ts'

let shared: Servers
before(async () => {
  shared = await servers()
})
after(() => shared[Symbol.asyncDispose]())

async function runSetup(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const lines: string[] = []
  const { config, log } = readSetupConfig({
    ...shared.environment,
    LOG_LEVEL: 'error',
    ...environment,
  })
  await setUp(config, log, (line) => lines.push(line))
  return lines
}

function ownNames() {
  const id = randomUUID().slice(0, 8)
  return { KAFKA_TOPIC: `events.tracked.${id}`, CLICKHOUSE_DATABASE: `test_${id}` }
}

test('setup can be repeated: the second time everything was there', async () => {
  const names = ownNames()
  const first = await runSetup(names)
  assert.match(first.join('\n'), /12 partitions, created/)
  assert.match(first.join('\n'), /views of events: 1 made, 0 changed/) // of the example plan
  const second = await runSetup(names)
  assert.match(second.join('\n'), /12 partitions, was there/)
  assert.match(second.join('\n'), /0 of \d+ migrations applied now/)
  assert.match(second.join('\n'), /views of events: 0 made, 0 changed, 1 as they were/)
})

test('views alone makes what setup makes, by the same plans, and needs no Kafka', async () => {
  const names = ownNames()
  await runSetup(names)
  const environment = { ...shared.environment, ...names, KAFKA_BROKERS: '127.0.0.1:9' }
  const lines: string[] = []
  const { failed, unchanged } = await runViews(readViewsConfig(environment), (line) => lines.push(line)) // prettier-ignore
  assert.deepEqual({ failed, unchanged }, { failed: [], unchanged: 1 }, lines.join())
  await assert.rejects(
    runViews(readViewsConfig({ ...environment, CLICKHOUSE_DATABASE: 'nowhere' }), () => {}),
    /making the views of events failed.*fix: run `npm run setup`.*CLICKHOUSE_DATABASE/s,
  )
})

test('setups that run at once do not disturb each other: each ends with everything there', async () => {
  const names = ownNames()
  const said = await Promise.all([runSetup(names), runSetup(names), runSetup(names)])
  for (const lines of said) assert.match(lines.join('\n'), /12 partitions, (created|was there)/)
  const afterwards = (await runSetup(names)).join('\n')
  assert.match(afterwards, /12 partitions, was there/)
  assert.match(afterwards, /0 of \d+ migrations applied now/)
})

test('a topic with too few partitions is refused with the way out, and left as it is', async () => {
  const names = ownNames()
  await runSetup({ ...names, KAFKA_PARTITIONS: '2' })
  await assert.rejects(
    runSetup({ ...names, KAFKA_PARTITIONS: '4' }),
    /has 2 partitions, 4 are configured.*KAFKA_PARTITIONS=2/s,
  )
  assert.match(
    (await runSetup({ ...names, KAFKA_PARTITIONS: '2' })).join('\n'),
    /2 partitions, was/,
  )
})

test('later generations of the topic are compared and mended as the first is, and registered behind it', async () => {
  const names = ownNames()
  const [first, next] = [names.KAFKA_TOPIC, `${names.KAFKA_TOPIC}.g2`]
  const { config, log } = readSetupConfig({ ...shared.environment, ...names, LOG_LEVEL: 'error' })
  const operator = createOperator(kafkaConfigFrom(config), log)
  // As the topic grew with settings of another time, and as somebody changed it since.
  const short = { 'retention.ms': '3600000', 'message.timestamp.type': 'CreateTime' }
  await operator.createTopic(next, 4, short)
  await operator.createTopic(`${next}.partitions-4`, 1)

  const said = (await runSetup(names)).join('\n')
  assert.match(said, /g2: 4 partitions, was there/)
  const [ofFirst, ofNext] = await Promise.all([first, next].map((topic) => operator.topicSettings(topic))) // prettier-ignore
  for (const setting of Object.keys(short)) {
    assert.equal(ofNext?.get(setting), ofFirst?.get(setting), setting)
  }
  const [, one, two] =
    /tracked\.\w+: generation (\d+)\n.*\.g2: generation (\d+)/.exec(said) ?? assert.fail(said)
  assert.equal(Number(two), Number(one) + 1)

  await operator.deleteTopic(next)
  await eventually(async () =>
    assert.match((await runSetup(names)).join('\n'), /g2: 4 partitions, created/),
  )
})

test('a generation that was begun and not announced leaves complete_until as it is', async () => {
  const names = ownNames()
  const [first, next] = [names.KAFKA_TOPIC, `${names.KAFKA_TOPIC}.g2`]
  const environment = { ...shared.environment, ...names, LOG_LEVEL: 'error' }
  const { config, log } = readSetupConfig(environment)
  await runSetup(names)
  await using clickhouse = createClickHouse(config)
  await clickhouse.command(
    `INSERT INTO settled (topic, generation, kafka_partition, next_offset, complete_until, lost_before, recorded_at)
     SELECT topic, generation, number, 0, now64(3), 0, now64(3) FROM kafka_logs CROSS JOIN numbers(12) AS n
     WHERE topic = '${first}'`,
  )
  const known = () =>
    clickhouse.query<{ readonly isKnown: number }>(
      `SELECT isNotNull(complete_until) AS isKnown FROM complete_until WHERE topic = '${first}'`,
    )
  assert.deepEqual(await known(), [{ isKnown: 1 }])

  // As `topic -- grow` leaves them that was killed, or lacked a right, before its announcement.
  const operator = createOperator(kafkaConfigFrom(config), log)
  await operator.createTopic(next, 24)
  await operator.createTopic(`${next}.partitions-24`, 1)
  assert.doesNotMatch((await runSetup(names)).join('\n'), /g2: generation/)
  assert.deepEqual(await known(), [{ isKnown: 1 }])

  const generation = { generation: 2, topic: next, partitions: 24, isOpen: false }
  await operator.produce(erasedTopic(first), [{ partition: 0, ...writeGeneration(generation) }])
  assert.match((await runSetup(names)).join('\n'), /g2: generation/)
})

test('a later generation is no topic of its own: setup says what KAFKA_TOPIC is', async () => {
  const names = ownNames()
  const first = names.KAFKA_TOPIC
  const { config, log } = readSetupConfig({ ...shared.environment, ...names, LOG_LEVEL: 'error' })
  await runSetup(names)
  const operator = createOperator(kafkaConfigFrom(config), log)
  await operator.createTopic(`${first}.g2`, 24)
  await operator.createTopic(`${first}.g2.partitions-24`, 1)
  const asOwn = { ...names, KAFKA_TOPIC: `${first}.g2`, KAFKA_PARTITIONS: '24' }
  await assert.rejects(runSetup(asOwn), new RegExp(`set KAFKA_TOPIC=${first}, `))
  // A name alone makes no generation.
  await runSetup({ ...ownNames(), KAFKA_TOPIC: `${ownNames().KAFKA_TOPIC}.g2` })
})

for (const [variable, value] of [
  ['SCHEMA_REGISTRY_URL', 'http://127.0.0.1:9'],
  ['CLICKHOUSE_URL', 'http://127.0.0.1:9'],
  ['KAFKA_BROKERS', '127.0.0.1:9'],
] as const) {
  test(`a server that is away is named with its variable: ${variable}`, async () => {
    await assert.rejects(
      runSetup({ ...ownNames(), [variable]: value, SETUP_TIMEOUT_MS: '300' }),
      new RegExp(`fix: .*${variable}=${value.replaceAll('.', '\\.')}`),
    )
  })
}
