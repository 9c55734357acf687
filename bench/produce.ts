import { setTimeout as delay } from 'node:timers/promises'
import { startStack } from '@custom-events/embedded'
import { createProducer, createTopics } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { openPlainProducer } from './peers/plain-produce.ts'
import { median } from './quantile.ts'
import { interleaved } from './rounds.ts'

const TOPIC = 'bench.produce'
const PARTITIONS = 12
const BATCH = 1_000
const VALUE_BYTES = 300
/** Calls that wait at a time: enough to keep requests of any kind going. */
const AT_ONCE = 4
const OURS = 'ours'
const SAME_BATCHING = 'ours, with kafkajs’s requests'
const PLAIN = 'kafkajs, send'

interface Seen {
  readonly cpuMicroseconds: number
  readonly recordsPerSecond: number
}

/** What a record costs this process on its way into a real broker, acknowledged by all replicas. */
export async function benchProduce(options: BenchOptions): Promise<Figures> {
  await using resources = new AsyncDisposableStack()
  const stack = resources.use(
    await startStack({ tuned: true, kafkaHeapMegabytes: 1_024, onProgress: options.say }),
  )
  const brokers = stack.environment.KAFKA_BROKERS.split(',')
  const kafka = { brokers, clientId: 'bench', isTlsEnabled: false, sasl: null }
  const log = createLogger({ service: 'bench', level: 'error' })
  const partitionCountByTopic = { [TOPIC]: PARTITIONS }
  const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 60_000 }
  await createTopics({ kafka, partitionCountByTopic, settings, log })

  const openOurs = async (requests: 'direct' | 'kafkajs') => {
    const producer = resources.use(createProducer({ kafka, partitionCountByTopic, log, requests }))
    while (producer.notReadyReason !== null) await delay(50)
    return async () => {
      const outcomes = await producer.produce(records)
      const lost = outcomes.find(({ status }) => status !== 'acknowledged')
      if (lost !== undefined) throw new Error('a record was not acknowledged')
    }
  }
  const plain = resources.use(await openPlainProducer(brokers, TOPIC))
  const sends: Readonly<Record<string, () => Promise<void>>> = {
    [OURS]: await openOurs('direct'),
    [SAME_BATCHING]: await openOurs('kafkajs'),
    [PLAIN]: () => plain.send(records),
  }
  for (const send of Object.values(sends)) await measured(send, options.warmUpSeconds)
  const cases = Object.fromEntries(
    Object.entries(sends).map(([name, send]) => [
      name,
      () => measured(send, options.secondsPerCase),
    ]),
  )
  const seen = await interleaved(
    cases,
    options,
    ({ cpuMicroseconds }) => `${cpuMicroseconds.toFixed(2)} µs of CPU per record`,
  )
  return figures(seen)
}

const records = Array.from({ length: BATCH }, (_, index) => ({
  topic: TOPIC,
  partition: index % PARTITIONS,
  key: Buffer.from(`account_${index % 300}`),
  value: Buffer.alloc(VALUE_BYTES, index),
}))

async function measured(send: () => Promise<void>, seconds: number): Promise<Seen> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let batches = 0
  const sendOn = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await send()
      batches += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendOn))
  const { user, system } = process.cpuUsage(before)
  return {
    cpuMicroseconds: (user + system) / (batches * BATCH),
    recordsPerSecond: (batches * BATCH) / ((performance.now() - startedAt) / 1_000),
  }
}

function figures(seen: Readonly<Record<string, readonly Seen[]>>): Figures {
  const of = (name: string, field: keyof Seen): number =>
    median((seen[name] ?? []).map((each) => each[field]))
  const rows = Object.keys(seen).map((name) => [
    name,
    of(name, 'cpuMicroseconds'),
    of(name, 'recordsPerSecond'),
    of(PLAIN, 'cpuMicroseconds') / of(name, 'cpuMicroseconds'),
  ])
  return {
    tables: [
      {
        name: 'produce',
        columns: ['producer', 'CPU per record, µs', 'records/s', 'times as cheap as kafkajs'],
        rows,
      },
    ],
    plots: [],
    ratios: { 'produce: CPU of kafkajs / ours': Number(rows[0]?.[3]) },
    notes: [
      `${BATCH} records of ${VALUE_BYTES} bytes a call over ${PARTITIONS} partitions, ${AT_ONCE} calls at a time, ` +
        'acks=-1, one broker. CPU is that of the producing process, user and system. Nothing is pinned; ' +
        'the broker on the same machine bounds the records per second.',
    ],
  }
}
