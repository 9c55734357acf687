// A Kafka that asks for rights, one deployment on it, and users that have what the table of rights says, or all but one of it.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClickHouse, type ClickHouse } from '@custom-events/clickhouse'
import { freePort, launchProgram, rightOf, startStack } from '@custom-events/embedded'
import type { KafkaUser } from '@custom-events/embedded'
import {
  aclsOf,
  IMPLIED_BY,
  KAFKA_RIGHTS,
  otherGroups,
  readGroupOffsets,
  RESOURCES,
  rightsOf,
  topicNames,
  type GroupOffset,
  type KafkaNames,
  type KafkaProgram,
  type KafkaRight,
} from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { QUICK_ERASURES } from '../support/erase-command.ts'
import { kafkaOf, log, tlsOf } from './support.ts'

/** Many programs at once on a busy machine. */
export const PATIENT = { withinMs: 60_000, everyMs: 200 }

export const NAMES: KafkaNames = { tracked: 'rights.tracked', consumerGroup: 'rights' }

export type Environment = Readonly<Record<string, string>>

/** A user of Kafka, and how a program asks as that user. */
export interface Somebody {
  readonly environment: Environment
  /** Gives what it was left without. */
  readonly mend: () => Promise<void>
}

export interface Service extends AsyncDisposable {
  readonly url: string
  /** Everything that it wrote. */
  readonly output: () => string
  readonly readiness: () => Promise<{ readonly isReady: boolean; readonly text: string }>
  readonly becomesReady: () => Promise<void>
}

export interface RightsWorld extends AsyncDisposable {
  /** Who may do everything. */
  readonly admin: Environment
  readonly clickhouse: ClickHouse
  /** Exactly what the table says for a program; without `missing`, and what implies it. */
  somebody(program: KafkaProgram, missing?: KafkaRight, names?: KafkaNames): Promise<Somebody>
  start(service: 'ingest' | 'consumer', environment: Environment): Promise<Service>
  /** How far a group has come in every topic. */
  offsets(consumerGroup: string): Promise<readonly GroupOffset[]>
}

const PLAN = {
  'x-event': 'signed_up',
  'x-mode': 'enforce',
  type: 'object',
  properties: { email: { type: 'string', 'x-seal': 'person' } },
}

export async function startRightsWorld(): Promise<RightsWorld> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-rights-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'signed_up.json'), JSON.stringify(PLAN))
  const stack = resources.use(await startStack({ secure: true }))
  const { secure } = tlsOf(stack.secure)
  const common = {
    ...stack.environment,
    ...QUICK_ERASURES,
    KAFKA_PARTITIONS: '3',
    BATCH_MAX_AGE_MS: '200',
    TRACKING_PLANS_DIR: folder,
    AUTH_MODE: 'off',
    LOG_LEVEL: 'warn',
  }
  const asked = (user: Pick<KafkaUser, 'environment'>, names: KafkaNames): Environment => ({
    ...common,
    ...user.environment,
    KAFKA_TOPIC: names.tracked,
    KAFKA_CONSUMER_GROUP: names.consumerGroup,
  })
  const admin = asked({ environment: secure.admin }, NAMES)
  const { CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD } = stack.environment
  const login = { CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD }
  const clickhouse = createClickHouse({ ...login, CLICKHOUSE_DATABASE: 'custom_events' })
  resources.use(clickhouse)
  let made = 0
  const owned = resources.move()
  return {
    admin,
    clickhouse,
    somebody: async (program, missing, names = NAMES) => {
      const all = rightsOf(program)
      const kept = all.filter((right) => missing === undefined || !givesAway(right, missing))
      // Known to the broker a moment later.
      const user = await secure.makeUser(`${program}-${++made}`, aclsOf(kept, names).map(rightOf))
      await eventually(() => logsIn(user, names), PATIENT)
      return {
        environment: asked(user, names),
        mend: () => user.allow(...aclsOf(all, names).map(rightOf)),
      }
    },
    start: (service, environment) => start(service, { environment, folder }),
    offsets: (consumerGroup) =>
      readGroupOffsets({
        kafka: kafkaOf(secure.admin),
        consumerGroup,
        topics: Object.values(topicNames(NAMES.tracked)),
        log,
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Whoever is known may ask which groups it may see; here these are none but its own. */
async function logsIn({ environment }: KafkaUser, { consumerGroup }: KafkaNames): Promise<void> {
  await otherGroups({ topic: 'none', consumerGroup, kafka: kafkaOf(environment), log })
}

/** Whether who has the one right has the missing one by it. */
function givesAway({ resource, operation }: KafkaRight, missing: KafkaRight): boolean {
  if (resource !== missing.resource) return false
  const implying = IMPLIED_BY[missing.operation] ?? []
  return operation === missing.operation || implying.includes(operation)
}

let started = 0

async function start(
  service: 'ingest' | 'consumer',
  { environment, folder }: { readonly environment: Environment; readonly folder: string },
): Promise<Service> {
  const [port, opsPort] = [await freePort(), await freePort()]
  const logFile = join(folder, `${service}-${++started}.log`)
  const program = launchProgram({
    name: service,
    entry: `services/${service}/src/main.ts`,
    environment: {
      ...environment,
      HTTP_HOST: '127.0.0.1',
      PORT: String(port),
      OPS_PORT: String(opsPort),
    },
    logFile,
  })
  const output = (): string => readFileSync(logFile, 'utf8')
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${opsPort}/health/ready`)
    return { isReady: response.ok, text: await response.text() }
  }
  return {
    url: `http://127.0.0.1:${port}`,
    output,
    readiness,
    becomesReady: () =>
      eventually(async () => {
        const { isReady, text } = await readiness()
        assert.ok(isReady, `${service} is not ready: ${text}\n${output()}`)
      }, PATIENT),
    [Symbol.asyncDispose]: () => program.stop(),
  }
}

/** Whether a text says which operation on what is missing; one that implies it is as good. */
export function mustName(text: string, missing: KafkaRight, names: KafkaNames = NAMES): void {
  const operations = [missing.operation, ...(IMPLIED_BY[missing.operation] ?? [])]
  assert.match(text, new RegExp(`\\b(${operations.join('|')})\\b`))
  const named = RESOURCES[missing.resource].of(names).map(({ name }) => name)
  assert.ok(
    named.some((name) => text.includes(name)),
    `none of ${named.join(', ')} in: ${text}`,
  )
  assert.doesNotMatch(text, /is Kafka running/)
}

/** A right of a program that may be missing, and whether the program works without. */
export interface Case {
  readonly title: string
  readonly missing: KafkaRight
  readonly isOptional: boolean
}

export function casesOf(program: KafkaProgram): readonly Case[] {
  return KAFKA_RIGHTS.filter((row) => row.program === program).flatMap(
    ({ resource, operations, isOptional = false }) =>
      operations.map((operation) => ({
        title: `${program} without ${operation} on ${RESOURCES[resource].said}`,
        missing: { resource, operation },
        isOptional,
      })),
  )
}
