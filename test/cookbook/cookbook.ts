// The sample of the cookbook in a database of its own, and its queries as curl asks them.
import assert from 'node:assert/strict'
import { clickhouseHeaders } from '@custom-events/embedded'
import { makeSample, type Sample, type SampleEvent } from '../../tools/cookbook/sample.ts'
import type { Row } from '../../tools/cookbook/truth/asked.ts'
import { openRolledUp } from '../support/rollups.ts'
import type { Servers } from '../support/server-addresses.ts'

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Cookbook extends AsyncDisposable {
  readonly sample: Sample
  readonly database: string
  /** Asks with the parameters in the address, `param_from=…`. */
  readonly ask: (sql: string, parameters: Readonly<Record<string, string>>) => Promise<Answer>
  /** @throws when ClickHouse refuses. */
  readonly rows: (
    sql: string,
    parameters: Readonly<Record<string, string>>,
  ) => Promise<readonly Row[]>
}

/** @param more events beside those of the sample */
export async function openCookbook(
  { environment }: Pick<Servers, 'environment'>,
  more: readonly SampleEvent[] = [],
): Promise<Cookbook> {
  const rolled = await openRolledUp({ environment })
  const { clickhouse } = rolled
  const made = makeSample()
  const sample = { ...made, events: [...made.events, ...more] }
  // Copies stay beside one another, as before a merge: none may be counted twice.
  for (const table of ['events', 'rejected_events', 'dead_letters']) {
    await clickhouse.command(`SYSTEM STOP MERGES ${clickhouse.database}.${table}`)
  }
  const insert = (table: string, rows: readonly object[]): Promise<void> => {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ')
    const lines = rows.map((row) => JSON.stringify(row)).join('\n')
    return clickhouse.command(
      `INSERT INTO ${table} (${columns}) SETTINGS optimize_on_insert = 0 FORMAT JSONEachRow\n${lines}`,
    )
  }
  await insert('events', [...made.copies, ...more].map(eventRow))
  await insert(
    'rejected_events',
    sample.rejected.flatMap((rejected, index) => {
      const { resolution, ...refused } = {
        ...rejected,
        received_at: timeText(rejected.received_at),
        version: index,
      }
      return [
        refused,
        ...(resolution === null ? [] : [{ ...refused, resolution, version: 1_000 + index }]),
      ]
    }),
  )
  await insert(
    'dead_letters',
    sample.deadLetters.map(({ resolution, ...letter }, index) => ({
      ...letter,
      dead_lettered_at: timeText(letter.dead_lettered_at),
      headers: resolution === null ? {} : { 'custom-events.resolution': resolution },
      version: index,
    })),
  )
  await insertTopics(insert, sample)
  await rolled.empty() // what was inserted_at long ago is no news to a refresh, only to the first
  await rolled.refresh()

  const ask: Cookbook['ask'] = async (sql, parameters) => {
    const url = new URL(environment.CLICKHOUSE_URL)
    url.searchParams.set('database', clickhouse.database)
    url.searchParams.set('default_format', 'JSONEachRow')
    url.searchParams.set('output_format_json_quote_64bit_integers', '0')
    for (const [name, value] of Object.entries(parameters))
      url.searchParams.set(`param_${name}`, value)
    const answer = await fetch(url, {
      method: 'POST',
      body: sql,
      headers: clickhouseHeaders(environment),
    })
    return { status: answer.status, text: await answer.text() }
  }
  return {
    sample,
    database: clickhouse.database,
    ask,
    rows: async (sql, parameters) => {
      const { status, text } = await ask(sql, parameters)
      assert.equal(status, 200, `${JSON.stringify(parameters)}: ${text}`)
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row) // as the format promises
    },
    [Symbol.asyncDispose]: () => rolled[Symbol.asyncDispose](),
  }
}

async function insertTopics(
  insert: (table: string, rows: readonly object[]) => Promise<void>,
  { topics }: Sample,
): Promise<void> {
  const numbered = topics.map((topic, index) => ({ ...topic, generation: index + 1 }))
  await insert(
    'kafka_logs',
    numbered.map(({ topic, generation }) => ({ topic, generation, cluster_id: 'sample' })),
  )
  const settled = numbered.flatMap(({ topic, generation, completeUntil }) =>
    completeUntil.map((ms, partition) => ({
      topic,
      generation,
      kafka_partition: partition,
      complete_until: timeText(ms),
    })),
  )
  await insert('settled', settled)
}

function eventRow(event: SampleEvent): object {
  const { timestamp, sent_at, received_at, inserted_at, properties, ...same } = event
  return {
    ...same,
    timestamp: timeText(timestamp),
    set_sent_at: sent_at === null ? null : timeText(sent_at),
    set_received_at: timeText(received_at),
    set_inserted_at: timeText(inserted_at),
    properties: JSON.stringify(properties),
  }
}

/** As ClickHouse writes it, UTC. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
}
