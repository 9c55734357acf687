import type { Check, DeadLetterRow } from '../checks.ts'
import { checkAnswers, checkQuarantine, checkView } from '../checks.ts'
import { STORED_HASH } from '../event.ts'
import type { Ledger } from '../ledger.ts'
import type { Poison } from '../poison.ts'
import type { ViewRow } from '../questions.ts'
import type { Ask } from './clickhouse.ts'
import { until } from './until.ts'

/** What was put into Kafka past ingest, and what must become of it. */
export interface Foreign {
  /** Ids of events, each of which must be one row. */
  readonly eventIds: Set<string>
  /** Records that must come to rest in `dead_letters`, byte for byte. */
  readonly poison: Poison[]
}

/** Everything that was accepted, or written past ingest, is there once, unchanged and in order; nothing else is. */
export async function checkWhole(options: {
  readonly ledger: Ledger
  readonly foreign: Foreign
  readonly ask: Ask
  readonly topics: readonly string[]
  readonly withinMs: number
  readonly signal: AbortSignal
}): Promise<void> {
  const { ledger, foreign, ask, topics } = options
  await until(
    async () => {
      const seen = new Map([...foreign.eventIds].map((id) => [id, 0]))
      const view = await checkView(ledger, own(await rows(ask), seen))
      const lost = view.lost.length === 0 ? [] : await describeLost(ledger, view.lost, ask)
      const broken = [
        ...view.checks,
        checkForeign(seen),
        checkAnswers(ledger),
        checkQuarantine(foreign.poison, await deadLetters(ask, topics), 0),
      ].filter(({ isHeld }) => !isHeld)
      if (broken.length > 0) throw new Error([...broken.map(describe), ...lost].join('; '))
    },
    { ...options, everyMs: 500 },
  )
}

/** Every event once, with its place in the order of its account: by the version of the row. */
async function rows(ask: Ask): Promise<readonly ViewRow[]> {
  const [[hasVersion = '0'] = []] = await ask(
    `SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name = 'version'`,
  )
  const place = hasVersion === '0' ? 'kafka_offset' : 'version'
  const found = await ask(`SELECT event_id, ${STORED_HASH}, kafka_partition, ${place} FROM tracked`)
  return found.map(([eventId = '', hash = '', partition, offset]) => ({
    eventId,
    hash,
    partition: Number(partition),
    offset: Number(offset),
  }))
}

/** Rows of the ledger's events; those of foreign ones are counted. */
async function* own(found: readonly ViewRow[], seen: Map<string, number>): AsyncGenerator<ViewRow> {
  for (const row of found) {
    const count = seen.get(row.eventId)
    if (count === undefined) yield row
    else seen.set(row.eventId, count + 1)
  }
}

function checkForeign(seen: ReadonlyMap<string, number>): Check {
  const broken = [...seen].filter(([, count]) => count !== 1)
  return {
    name: 'written past ingest',
    isHeld: broken.length === 0,
    found: `${broken.length} of ${seen.size} not once in the view`,
    samples: broken.slice(0, 5).map(([id, count]) => `${id}: ${count} times`),
  }
}

/** Those that hold their record whole: of one that is shortened only its scenario knows what to expect. */
async function deadLetters(ask: Ask, topics: readonly string[]): Promise<readonly DeadLetterRow[]> {
  const names = topics.map((topic) => `'${topic}'`).join(', ')
  const found = await ask(
    `SELECT source_partition, hex(key), if(isNull(value), 'null', hex(value)) FROM dead_letters FINAL
     WHERE source_topic IN (${names}) AND NOT mapContains(headers, 'custom-events.shortened')`,
  )
  return found.map(([partition, key = '', value = '']) => ({
    partition: Number(partition),
    key: key.toLowerCase(),
    value: value === 'null' ? null : value.toLowerCase(),
  }))
}

function describe({ name, found, samples }: Check): string {
  return `${name}: ${found} (${samples.slice(0, 3).join(', ')})`
}

async function describeLost(
  ledger: Ledger,
  lost: readonly string[],
  ask: Ask,
): Promise<readonly string[]> {
  const places = lost.slice(0, 3).map((id) => {
    const { partition, offset } = ledger.find(id) ?? {}
    return `${id} has the receipt ${partition}@${offset}`
  })
  const partitions = await ask(
    'SELECT kafka_partition, count(), max(kafka_offset) FROM events GROUP BY 1',
  )
  const table = partitions.map(([p, count, max]) => `${p}: ${count} to ${max}`).join(', ')
  return [...places, `rows by partition: ${table}`]
}
