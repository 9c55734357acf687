import { readFileSync } from 'node:fs'
import { readLogs, type ClickHouse, type RegisteredLog } from '@custom-events/clickhouse'
import {
  createEventCodec,
  createRejectedCodec,
  eventAvroSchema,
  rejectedAvroSchema,
} from '@custom-events/codec'
import { compilePlans, createPlanSet, type ErasedIds } from '@custom-events/event'
import {
  createSealer,
  createSealKeys,
  encode,
  parseWriteKeys,
  SEAL_KEYS,
  type WriteKey,
} from '@custom-events/ingest'
import {
  createSchemaRegistry,
  registryConfigFrom,
  sideTopicPartitions,
  topicNames,
  type Generations,
} from '@custom-events/kafka'
import { readPlanFiles, shardUrls } from '@custom-events/runtime'
import { fix, step } from '../step.ts'
import type { ReplayConfig } from './config.ts'
import { deadLetterSource } from './sources/dead-letters.ts'
import type { Filter, Source } from './sources/judged.ts'
import type { newestInShards } from './sources/newest.ts'
import { rejectedSource } from './sources/rejected.ts'
import { readRejectedEvents } from './sources/rejected-rows.ts'
import { replayTargets } from './sources/targets.ts'

/** One of the ClickHouses, with the logs of the topics as it numbers them. */
interface AskedShard {
  readonly clickhouse: ClickHouse
  readonly newestCopies: ReturnType<typeof newestInShards>
  readonly logs: readonly RegisteredLog[]
}

/** Opens once what all ClickHouses share; the result is what is refused in one of them, judged anew. @throws {StepError} */
export async function openSources(
  { config, ingest }: ReplayConfig,
  {
    filter,
    erased,
    tracked,
    place,
  }: {
    readonly filter: Filter
    readonly erased: ErasedIds
    /** Every generation of the topic of accepted events. */
    readonly tracked: readonly string[]
    readonly place: Generations['place']
  },
): Promise<(shard: AskedShard) => Promise<Source>> {
  const partitions = sideTopicPartitions(shardUrls(config).length)
  const notesOn = (topic: string, logs: readonly RegisteredLog[]) => ({
    generation: logs.find((each) => each.topic === topic)?.generation ?? 0,
    partitions,
  })
  const topics = topicNames(config.KAFKA_TOPIC)
  const registry = createSchemaRegistry(registryConfigFrom(config))
  const now = Date.now
  const [trackedId, schemaId] = await step('asking the registry', fix.registry(config), () =>
    Promise.all([
      registry.register(`${topics.tracked}-value`, eventAvroSchema),
      registry.register(`${topics.rejected}-value`, rejectedAvroSchema),
    ]),
  )
  if (ingest === null) {
    const { deadLetters } = topics
    return async ({ clickhouse, newestCopies, logs }) =>
      deadLetterSource({
        clickhouse,
        filter,
        erased,
        deadLetters,
        notes: notesOn(deadLetters, logs),
        logs: await readLogs(clickhouse),
        targetByTopic: replayTargets({
          topics,
          generations: tracked,
          place,
          newestCopies,
          clickhouse,
          logs,
          registry,
        }),
        now,
      })
  }
  const { settings, writeKeysFile, plansDir } = ingest
  const plans = await step(
    'reading tracking plans',
    'correct the files of TRACKING_PLANS_DIR',
    async () => compilePlans(await readPlanFiles(plansDir)),
  )
  const current = createPlanSet(plans, ingest.planRules)
  const encoding = {
    codec: createEventCodec(),
    schemas: { trackedId },
    settings: { place },
    plans: { current },
    // What was rejected before its plan marked anything is sealed like any other.
    sealer: createSealer(createSealKeys({ limits: SEAL_KEYS })),
  }
  const keyOf = keysOf(writeKeysFile)
  const codec = createRejectedCodec()
  return async ({ clickhouse, newestCopies, logs }) =>
    rejectedSource({
      rows: readRejectedEvents(clickhouse, filter),
      isForced: filter.isForced,
      erased,
      rules: settings.rules,
      plans: current,
      keyOf,
      encode: (judged) => encode(encoding, judged),
      newestCopies,
      topics,
      notes: notesOn(topics.rejected, logs),
      codec,
      schemaId,
      now,
    })
}

/** What a key may write now counts, not what it might when the event came. */
function keysOf(path: string | null): ((source: string) => WriteKey | null) | null {
  if (path === null) return null
  const keys = parseWriteKeys(readFileSync(path, 'utf8')).filter(({ mayWrite }) => mayWrite)
  return (source) => {
    const named = keys.filter(({ name }) => name === source)
    const [first] = named
    if (first === undefined) return null
    const isBound = named.every(({ groupIds }) => groupIds !== null)
    const groupIds = isBound ? new Set(named.flatMap((key) => [...(key.groupIds ?? [])])) : null
    return { ...first, groupIds }
  }
}
