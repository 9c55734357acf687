import { freePort } from '@custom-events/embedded'
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import type { Servers } from './server-addresses.ts'

/** The images of docker-compose.yml, under the same variables. */
const images = {
  kafka: process.env['KAFKA_IMAGE'] ?? 'apache/kafka:4.4.0',
  registry: process.env['REGISTRY_IMAGE'] ?? 'apicurio/apicurio-registry:3.0.9',
  clickhouse: process.env['CLICKHOUSE_IMAGE'] ?? 'clickhouse/clickhouse-server:26.7.3.19',
}

/** @returns why containers cannot be started here, or null when they can. */
export async function whyNoContainers(): Promise<string | null> {
  try {
    await getContainerRuntimeClient()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Kafka, the registry and ClickHouse as containers, removed on dispose. */
export async function startContainers(): Promise<Servers> {
  await using started = new AsyncDisposableStack()
  const start = async (container: GenericContainer) => {
    const running = await container.withStartupTimeout(120_000).start()
    started.defer(async () => void (await running.stop()))
    return running
  }
  const kafkaPort = await freePort()
  const [, registry, clickhouse] = await Promise.all([
    start(kafkaContainer(kafkaPort)),
    start(registryContainer()),
    start(clickhouseContainer()),
  ])
  const resources = started.move()
  return {
    environment: {
      KAFKA_BROKERS: `127.0.0.1:${kafkaPort}`,
      SCHEMA_REGISTRY_URL: `http://127.0.0.1:${registry.getMappedPort(8080)}/apis/ccompat/v7`,
      CLICKHOUSE_URL: `http://127.0.0.1:${clickhouse.getMappedPort(8123)}`,
      CLICKHOUSE_USER: 'default',
      CLICKHOUSE_PASSWORD: '',
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** A broker advertises the address clients must use, so its host port is chosen before it starts. */
function kafkaContainer(port: number): GenericContainer {
  return new GenericContainer(images.kafka)
    .withEnvironment({
      CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'HOST://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `HOST://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'HOST',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forListeningPorts())
}

function registryContainer(): GenericContainer {
  return new GenericContainer(images.registry)
    .withEnvironment({ APICURIO_STORAGE_KIND: 'sql' })
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
}

function clickhouseContainer(): GenericContainer {
  return new GenericContainer(images.clickhouse)
    .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
    .withExposedPorts(8123)
    .withWaitStrategy(Wait.forHttp('/ping', 8123))
}
