import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { startStack, type Stack } from '@custom-events/embedded'
import { createTopics, kafkaConfigFrom } from '@custom-events/kafka'
import {
  clickhouseOf,
  engine,
  naive,
  ours,
  oursFromZstd,
  type Contender,
  type Round,
} from './contenders.ts'
import { drain, type Drained } from './drain.ts'
import { fillTopic } from './fill.ts'
import type { Figures, FigureTable } from '../figures.ts'
import type { BenchOptions } from '../options.ts'
import { median } from '../quantile.ts'
import { pin, unpin } from '../pin.ts'
import { interleaved } from '../rounds.ts'

const TOPICS = { avro: 'events.tracked.v1', json: 'bench.json', zstd: 'bench.zstd' }
const PARTITIONS = 12

/** What is told of a drained backlog, after who drained it. */
export const DRAINED_COLUMNS = [
  'rows/s',
  'µs of CPU per row',
  'of them consumer',
  'ClickHouse',
  'Kafka',
  'consumer memory, MB',
] as const

/**
 * The same backlog, drained into the same table by every contender in turn, round after round, on the real
 * servers: our consumer, ClickHouse's own Kafka engine, a plain kafkajs consumer. Rows per second and
 * CPU of every process; a round in which the table does not hold every record once fails.
 */
export async function benchConsumer(
  options: BenchOptions,
  wanted: readonly Contender[] = allContenders(options),
): Promise<Figures> {
  await using resources = new AsyncDisposableStack()
  const logDir = mkdtempSync(join(tmpdir(), 'custom-events-bench-'))
  resources.defer(() => rmSync(logDir, { recursive: true }))
  const stack = resources.use(
    await startStack({
      onProgress: options.say,
      tuned: true,
      shards: Math.max(...wanted.map(({ shards = 1 }) => shards)),
      allowsClickHouseSources: true, // its Kafka engine is a contender
    }),
  )
  const exact = wanted.filter(({ name }) => name === options.only)
  const contenders =
    exact.length > 0 ? exact : wanted.filter(({ name }) => name.includes(options.only))
  await fill(stack, contenders, options)

  let number = 0
  const cases = contenders.map((contender): [string, () => Promise<Drained>] => [
    contender.name,
    () =>
      runRound(contender, {
        environment: environmentFor(stack, contender),
        database: `bench_${++number}`,
        consumerGroup: `bench.${number}`,
        topics: TOPICS,
        logDir,
        stack,
        options,
      }),
  ])
  return figuresOf(await interleaved(Object.fromEntries(cases), options, describe), options)
}

function allContenders({ nodeOptions }: BenchOptions): readonly Contender[] {
  return [
    ours(1, nodeOptions),
    ours(2, nodeOptions),
    oursFromZstd(nodeOptions),
    engine('AvroConfluent', 1),
    engine('AvroConfluent', 2),
    engine('JSONEachRow', 1),
    engine('JSONEachRow', 2),
    naive,
  ]
}

async function fill(
  stack: Stack,
  contenders: readonly Contender[],
  { records, say }: BenchOptions,
): Promise<void> {
  const { config, log } = readSetupConfig({ ...stack.environment, LOG_LEVEL: 'warn' })
  const kafka = kafkaConfigFrom(config)
  await setUp(config, log, () => {})
  await createTopics({
    kafka,
    partitionCountByTopic: { [TOPICS.json]: PARTITIONS, [TOPICS.zstd]: PARTITIONS },
    settings: { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 86_400_000 },
    log,
  })
  const isJsonNeeded = contenders.some(({ name }) => name.includes('engine, JSONEachRow'))
  const isZstdNeeded = contenders.some(({ reads }) => reads === 'zstd')
  const wanted = { avro: true, json: isJsonNeeded, zstd: isZstdNeeded }
  for (const which of ['avro', 'json', 'zstd'] as const) {
    if (!wanted[which]) continue
    const registryUrl = stack.environment.SCHEMA_REGISTRY_URL
    const form = which === 'json' ? 'json' : 'avro'
    const compression = which === 'zstd' ? which : 'none'
    const how = { form, compression, records, onProgress: say } as const
    await fillTopic({ kafka, registryUrl, topic: TOPICS[which], ...how })
  }
}

/** Who fills one ClickHouse knows of no others. */
function environmentFor({ environment }: Stack, { shards = 1 }: Contender): Round['environment'] {
  const { CLICKHOUSE_SHARD_URLS: urls, CLICKHOUSE_SHARDS: count, ...one } = environment
  if (shards === 1 || urls === undefined || count === undefined) return one
  return { ...one, CLICKHOUSE_SHARD_URLS: urls, CLICKHOUSE_SHARDS: count }
}

async function runRound(
  contender: Contender,
  round: Round & { readonly stack: Stack; readonly options: BenchOptions },
): Promise<Drained> {
  const { stack, environment, database, consumerGroup } = round
  const engines = stack.shards.slice(0, contender.shards ?? 1)
  const { records, say } = round.options
  const { config, log } = readSetupConfig({
    ...environment,
    KAFKA_TOPIC: TOPICS[contender.reads ?? 'avro'],
    CLICKHOUSE_DATABASE: database,
    KAFKA_CONSUMER_GROUP: consumerGroup,
    LOG_LEVEL: 'warn',
  })
  await setUp(config, log, () => {})
  await using opened = new AsyncDisposableStack()
  const clickhouses = engines.map(({ url }) => opened.use(clickhouseOf(round, url)))
  const { pids, stop } = await contender.start(round)
  try {
    giveCores(contender, [engines.map(({ pid }) => pid), pids])
    return await drain({
      name: contender.name,
      clickhouses,
      records,
      pids: { consumer: pids, clickhouse: engines.map(({ pid }) => pid), kafka: [stack.kafka.pid] },
      onProgress: say,
    })
  } finally {
    await stop()
    for (const each of clickhouses) await each.command(`DROP DATABASE ${database} SYNC`)
    await delay(COOL_DOWN_MS)
  }
}

/** @param kinds of processes, of each kind one a shard. @throws when the machine cannot keep one to a core */
function giveCores(
  { shards = 1, hasCoreOfItsOwn = false }: Contender,
  kinds: readonly (readonly number[])[],
): void {
  if (hasCoreOfItsOwn && shards > availableParallelism())
    throw new Error(`${shards} shards cannot have a core each: there are ${availableParallelism()}`)
  const troubles = kinds.flatMap((pids) =>
    pids.map((pid, shard) => (hasCoreOfItsOwn ? pin(pid, shard) : unpin(pid))),
  )
  const trouble = troubles.find((each) => each !== null)
  if (hasCoreOfItsOwn && trouble !== undefined) throw new Error(trouble)
}

/** Between two rounds, so that what one leaves behind is not counted against the next. */
const COOL_DOWN_MS = 2_000

function figuresOf(
  seen: Readonly<Record<string, readonly Drained[]>>,
  { records }: BenchOptions,
): Figures {
  const of = (name: string, pick: (drained: Drained) => number): number =>
    median((seen[name] ?? []).map(pick))
  const table: FigureTable = {
    name: 'consumer',
    columns: ['who', ...DRAINED_COLUMNS],
    rows: Object.keys(seen).map((name) => [
      name,
      Math.round(of(name, (each) => each.rowsPerSecond)),
      rounded(of(name, (each) => each.microsecondsPerRow.all)),
      rounded(of(name, (each) => each.microsecondsPerRow.consumer)),
      rounded(of(name, (each) => each.microsecondsPerRow.clickhouse)),
      rounded(of(name, (each) => each.microsecondsPerRow.kafka)),
      Math.round(of(name, (each) => each.consumerMegabytes)) || null,
    ]),
  }
  return {
    tables: [table],
    plots: [],
    ratios: ratiosOf(of, Object.keys(seen)),
    notes: notes(records),
  }
}

/** Ours at its best against the engine at its best, for each of its formats. */
function ratiosOf(
  of: (name: string, pick: (drained: Drained) => number) => number,
  names: readonly string[],
): Readonly<Record<string, number>> {
  const best = (part: string, pick: (drained: Drained) => number): number =>
    Math.max(...names.filter((name) => name.includes(part)).map((name) => of(name, pick)))
  const perCpu = (drained: Drained): number => 1e6 / drained.microsecondsPerRow.all
  const ratios = FORMATS.flatMap((format) => [
    [
      `rows/s against the Kafka engine, ${format}`,
      best('our consumer', (each) => each.rowsPerSecond) /
        best(`engine, ${format}`, (each) => each.rowsPerSecond),
    ],
    [
      `rows per CPU-second against the Kafka engine, ${format}`,
      best('our consumer', perCpu) / best(`engine, ${format}`, perCpu),
    ],
  ])
  return Object.fromEntries(ratios.filter(([, ratio]) => Number.isFinite(ratio)))
}

const FORMATS = ['AvroConfluent', 'JSONEachRow'] as const

function notes(records: number): readonly string[] {
  return [
    `${records} records of about 300 bytes in ${PARTITIONS} partitions, into the table events with its ` +
      'rollup; nothing was pinned, all processes shared the cores. CPU includes merging.',
    'The Kafka engine has a block and poll size of 65,536 and otherwise the settings of a fresh server.',
  ]
}

function describe({ rowsPerSecond, microsecondsPerRow, consumerMegabytes }: Drained): string {
  const { all, consumer, clickhouse, kafka } = microsecondsPerRow
  return (
    `${Math.round(rowsPerSecond)} rows/s, ${rounded(all)} µs of CPU per row (consumer ${rounded(consumer)}, ` +
    `ClickHouse ${rounded(clickhouse)}, Kafka ${rounded(kafka)}), consumer ${Math.round(consumerMegabytes)} MB`
  )
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
