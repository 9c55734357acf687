import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Scenario } from '../scenario.ts'
import type { ScenarioWorld } from '../scenario-world.ts'
import type { Service } from '../service.ts'

const CANARY = 'canary-k10-s3cret'
const WRONG_SASL = { KAFKA_SASL_PASSWORD: CANARY }
const WRONG_CLICKHOUSE = { CLICKHOUSE_PASSWORD: CANARY }

/** Passwords that are right, wrong, or in an address where they do not belong: none is shown anywhere. */
export const scenario: Scenario = {
  name: 'passwords-in-addresses',
  kind: 'K10',
  needs: 'secure',
  limitSeconds: 180,
  run: async (world) => {
    await world.setUp()
    await expectSetupHides(world)
    await expectServicesHideWhatIsRight(world)
    await expectServicesHideWhatIsWrong(world)
    await expectServicesRefuseInAddresses(world)
  },
}

const withUser = (url: string): string => url.replace('://', `://user:${CANARY}@`)

/** What does not belong into an address. */
function addresses({ environment }: ScenarioWorld): readonly Readonly<Record<string, string>>[] {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = environment
  return [
    { SCHEMA_REGISTRY_URL: withUser(SCHEMA_REGISTRY_URL) },
    { SCHEMA_REGISTRY_URL: `http://user:${CANARY}@127.0.0.1:9` },
    { KAFKA_BROKERS: `user:${CANARY}@${KAFKA_BROKERS}` },
  ]
}

async function expectSetupHides(world: ScenarioWorld): Promise<void> {
  const { CLICKHOUSE_URL = '' } = world.environment
  const trials: readonly Readonly<Record<string, string>>[] = [
    ...addresses(world),
    { CLICKHOUSE_URL: withUser(CLICKHOUSE_URL) },
    { CLICKHOUSE_URL: `${CLICKHOUSE_URL}/?password=${CANARY}` },
    WRONG_CLICKHOUSE,
    WRONG_SASL,
    { SCHEMA_REGISTRY_USER: 'user', SCHEMA_REGISTRY_PASSWORD: CANARY },
  ]
  await Promise.all(
    trials.map(async (trial) => {
      const { text } = await world.command(['setup'], trial)
      assert.ok(!text.includes(CANARY), `setup shows the password of ${Object.keys(trial)[0]}`)
    }),
  )
}

/** They log in to Kafka with one password, and give the registry another; it asks for none and takes any. */
async function expectServicesHideWhatIsRight(world: ScenarioWorld): Promise<void> {
  const secret = { SCHEMA_REGISTRY_USER: 'user', SCHEMA_REGISTRY_PASSWORD: CANARY }
  const [ingest, consumer] = [await world.ingest(secret), await world.consumer(secret)]
  await Promise.all([ingest.becomesReady(), consumer.becomesReady()])
  await world.send({ through: ingest })
  await world.expectWhole()
  const { KAFKA_SASL_PASSWORD = '' } = world.environment
  assert.ok(KAFKA_SASL_PASSWORD.length > 8, 'a password that is worth hiding')
  for (const service of [ingest, consumer]) {
    await expectHidden(service, [CANARY, KAFKA_SASL_PASSWORD])
    await service.stop()
    await expectHidden(service, [CANARY, KAFKA_SASL_PASSWORD])
  }
}

async function expectServicesHideWhatIsWrong(world: ScenarioWorld): Promise<void> {
  const trials = [
    { service: await world.ingest(WRONG_SASL), says: /SASL|authenticat/i },
    { service: await world.consumer(WRONG_SASL), says: /SASL|authenticat/i },
    { service: await world.consumer(WRONG_CLICKHOUSE), says: /authenticat|password|denied/i },
  ]
  await Promise.all(
    trials.map(async ({ service, says }) => {
      await service.becomesNotReady(says)
      await service.warns(says)
      await expectHidden(service, [CANARY])
      await service.stop()
    }),
  )
}

/** Said with the variable's name, without what it holds, and nothing is started. */
async function expectServicesRefuseInAddresses(world: ScenarioWorld): Promise<void> {
  await Promise.all(
    addresses(world).map(async (trial) => {
      for (const service of [await world.ingest(trial), await world.consumer(trial)]) {
        assert.equal(await service.exited, 78)
        await expectHidden(service, [CANARY], Object.keys(trial)[0])
      }
    }),
  )
}

/** In everything that it has written, and that its ops port answers. @param names what must be in the log. */
async function expectHidden(
  service: Service,
  secrets: readonly string[],
  names = 'KAFKA_SASL_PASSWORD', // in the line of its configuration
): Promise<void> {
  const log = readFileSync(service.logFile, 'utf8')
  assert.ok(log.includes(names), `${service.name} does not tell its configuration`)
  const places = [
    { place: 'its log', text: log },
    { place: '/health/ready', text: (await service.readiness()).text },
    { place: '/metrics', text: await metricsOf(service) },
  ]
  for (const { place, text } of places) {
    const shown = secrets.some((secret) => text.includes(secret))
    assert.ok(!shown, `${service.name} shows a password in ${place}`)
  }
}

/** Empty when it has ended. */
async function metricsOf({ opsPort }: Service): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
    return await response.text()
  } catch {
    return ''
  }
}
