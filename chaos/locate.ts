import { createConsumer, createMemoryBudget, kafkaConfigFrom } from '@custom-events/kafka'
import { readSetupConfig } from '@custom-events/cli'
import { createLogger } from '@custom-events/runtime'
import type { Ledger } from './ledger.ts'
import { patiently } from './patiently.ts'
import type { World } from './world.ts'

const LIMIT_MS = 60_000
const MAX_LOST = 1_000

/** Reads the whole topic and says where each lost event was lost. */
export async function locate(
  world: World,
  ledger: Ledger,
  lost: readonly string[],
): Promise<readonly string[]> {
  const wanted = new Map(lost.slice(0, MAX_LOST).map((id) => [id, [] as string[]]))
  const { config } = readSetupConfig({ ...world.stack.environment, LOG_LEVEL: 'error' })
  await using member = createConsumer({
    kafka: kafkaConfigFrom(config),
    consumerGroup: `chaos.locate.${process.pid}`,
    topics: [world.topics.tracked],
    budget: createMemoryBudget(256 * 1_024 ** 2),
    onOutOfRange: 'earliest',
    log: createLogger({ service: 'chaos', level: 'silent' }),
  })
  const signal = AbortSignal.timeout(LIMIT_MS)
  for (let quiet = 0; quiet < 5 && !signal.aborted;) {
    const event = await member.fetch({ maxWaitMs: 1_000, signal })
    if (event.kind === 'idle') quiet += 1
    if (event.kind === 'revoked') event.release()
    if (event.kind !== 'records') continue
    for (const { partition, offset, value } of event.records) {
      for (const id of value?.toString('latin1').match(/e\.\d+\.\d+/g) ?? []) {
        wanted.get(id)?.push(`${partition}@${offset}`)
      }
    }
  }
  const where = [...wanted].map(([id, places]) => {
    const entry = ledger.find(id)
    const receipt =
      entry === undefined ? '' : `, its receipt says ${entry.partition}@${entry.offset}`
    return places.length === 0
      ? `${id}: never in Kafka${receipt}`
      : `${id}: in Kafka at ${places.join(', ')} but not in the table${receipt}`
  })
  const parts = await partsOf(world).catch((error: unknown) => [
    `ClickHouse could not be asked for its parts: ${String(error)}`,
  ])
  return [...parts, ...where]
}

/** ClickHouse looks through its folder for parts that were set aside, and fails when one vanishes. */
const LOOKS = 5

/** What ClickHouse itself set aside, and what it has: rows that were there may have gone with a part. */
async function partsOf({ questions }: World): Promise<readonly string[]> {
  const kinds = {
    'set aside':
      'SELECT name, reason, bytes_on_disk FROM system.detached_parts WHERE database = currentDatabase()',
    active:
      "SELECT name, toString(rows), partition FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active ORDER BY name",
    outdated:
      "SELECT name, toString(rows), partition FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND NOT active ORDER BY name",
  }
  const lines = await Promise.all(
    Object.entries(kinds).map(async ([kind, sql]) => {
      const rows = await patiently(() => questions.ask(sql), LOOKS)
      return rows.map((row) => `ClickHouse: a part ${kind}: ${row.join(', ')}`)
    }),
  )
  return lines.flat()
}
