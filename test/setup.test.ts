import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
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
  const second = await runSetup(names)
  assert.match(second.join('\n'), /12 partitions, was there/)
  assert.match(second.join('\n'), /0 of \d+ migrations applied now/)
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
