import { closedBroker } from '../consumer/consumer-errors.ts'
import type {
  KafkaJsBroker,
  KafkaJsCluster,
  KafkaJsConnection,
} from '../kafkajs/kafkajs-cluster.ts'
import { KafkaCodeError } from '../errors/kafka-errors.ts'
import { leadersOf } from '../kafkajs/leaders.ts'
import {
  REPLICAS_TIMEOUT_MS,
  type BatchResult,
  type LinkBatch,
  type ProduceLink,
} from './produce-link.ts'
import {
  decodeProduceResponse,
  encodeProduceRequest,
  PRODUCE_API_KEY,
  PRODUCE_VERSIONS,
  type PartResponse,
  type ProduceResponse,
} from './produce-request.ts'
import { sendRequest } from '../kafkajs/send-request.ts'
import type { OnThrottled } from '../errors/throttling.ts'

/**
 * Partitions in one request. A batch has 256 KiB, or one record of 2 MiB at most: far below the 100 MiB
 * that a broker takes at once (socket.request.max.bytes).
 */
const MAX_PARTS = 32
const LEADER_NOT_AVAILABLE = 5
const NETWORK_EXCEPTION = 13

/**
 * Our own produce requests over kafkajs's connections: 0.5 to 1 µs a record instead of 6 to 7. Finding,
 * connecting and authenticating to brokers, time-outs and throttling stay kafkajs's.
 *
 * @param cluster connected, with the metadata of the topics that will be produced to.
 * @param onThrottled told of answers whose broker holds us back, because of a quota.
 */
export function createDirectLink(
  cluster: KafkaJsCluster,
  onThrottled: OnThrottled = () => {},
): ProduceLink {
  const silent = new WeakSet<KafkaJsBroker>()
  avoidSilentBrokers(cluster, silent)
  const leaderOf = leadersOf(cluster.brokerPool)

  const sendTo = async (
    nodeId: number,
    batches: readonly LinkBatch[],
  ): Promise<readonly BatchResult[]> => {
    const { brokers } = cluster.brokerPool
    const known = brokers[nodeId]
    const broker = known?.isConnected() === true ? known : await cluster.findBroker({ nodeId })
    try {
      const connection = await broker.connectionPool.getConnection(0)
      const version = versionFor(broker)
      if (version === null) throw new Error(`broker ${nodeId} speaks no produce request of ours`)
      const { parts, throttleMs } = await request(connection, batches, version)
      silent.delete(broker)
      if (throttleMs > 0) onThrottled(nodeId, throttleMs)
      return resultsOf(batches, parts)
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') silent.add(broker)
      const closed = closedBroker(error)
      if (closed !== null) cluster.removeBroker(closed)
      throw error
    }
  }

  return {
    group: (batches) =>
      [...Map.groupBy(batches, leaderOf).values()].flatMap((of) => slices(of, MAX_PARTS)),
    send: async (batches) => {
      const [first] = batches
      if (first === undefined) return []
      try {
        const nodeId = leaderOf(first)
        if (nodeId === null) throw new KafkaCodeError(LEADER_NOT_AVAILABLE, placeOf(first))
        return await sendTo(nodeId, batches)
      } catch (error) {
        return batches.map(() => ({ status: 'failed', error }))
      }
    },
    refresh: () => cluster.refreshMetadata(),
    close: () => {
      giveUpRequests(cluster)
      return cluster.disconnect()
    },
  }
}

function slices<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / size)
  return Array.from({ length: count }, (_, turn) => all.slice(turn * size, (turn + 1) * size))
}

/**
 * kafkajs waits for the answers of a connection that it closes, until they are overdue after 4 s: so long
 * nothing could be produced over a new one.
 */
function giveUpRequests({ brokerPool }: KafkaJsCluster): void {
  for (const { connectionPool } of Object.values(brokerPool.brokers)) {
    for (const { requestQueue } of connectionPool.pool) {
      requestQueue.rejectAll(new Error('the connection is being closed'))
    }
  }
}

/** Whether every broker we know speaks a version of produce requests that we write. */
export function canLinkDirectly({ brokerPool }: KafkaJsCluster): boolean {
  return Object.values(brokerPool.brokers).every((broker) => versionFor(broker) !== null)
}

function versionFor({ versions }: KafkaJsBroker): number | null {
  const offered = versions?.[PRODUCE_API_KEY]
  if (offered === undefined) return null
  const version = Math.min(PRODUCE_VERSIONS.max, offered.maxVersion)
  return version >= Math.max(PRODUCE_VERSIONS.min, offered.minVersion) ? version : null
}

/**
 * A broker that hangs keeps its connections; kafkajs asks any connected broker for the new leaders, and
 * would ask it as well as another.
 */
function avoidSilentBrokers(cluster: KafkaJsCluster, silent: WeakSet<KafkaJsBroker>): void {
  const { brokerPool } = cluster
  const findConnected = brokerPool.findConnectedBroker.bind(brokerPool)
  brokerPool.findConnectedBroker = async () => {
    const answering = Object.values(brokerPool.brokers).find(
      (broker) => broker.isConnected() && !silent.has(broker),
    )
    return answering ?? findConnected()
  }
}

async function request(
  connection: KafkaJsConnection,
  parts: readonly LinkBatch[],
  version: number,
): Promise<ProduceResponse> {
  const api = { apiKey: PRODUCE_API_KEY, apiName: 'Produce', apiVersion: version }
  const payload = await sendRequest(connection, api, (head) =>
    encodeProduceRequest({
      ...head,
      parts,
      version,
      timeoutMs: REPLICAS_TIMEOUT_MS,
      timestampMs: Date.now(),
    }),
  )
  const response = decodeProduceResponse(payload, version)
  // Until version 5 the broker itself holds back its answers: KIP-219.
  if (version >= 6) connection.requestQueue.maybeThrottle(response.throttleMs)
  return response
}

/** A partition that the answer does not name is not acknowledged. */
function resultsOf(
  batches: readonly LinkBatch[],
  parts: readonly PartResponse[],
): readonly BatchResult[] {
  const partByPlace = new Map(parts.map((part) => [placeOf(part), part]))
  return batches.map((batch) => {
    const part = partByPlace.get(placeOf(batch))
    if (part === undefined) {
      return { status: 'failed', error: new KafkaCodeError(NETWORK_EXCEPTION, placeOf(batch)) }
    }
    const { errorCode, baseOffset } = part
    if (errorCode === 0) return { status: 'acknowledged', baseOffset }
    return { status: 'failed', error: new KafkaCodeError(errorCode, placeOf(batch)) }
  })
}

function placeOf({ topic, partition }: LinkBatch | PartResponse): string {
  return `${topic}/${partition}`
}
