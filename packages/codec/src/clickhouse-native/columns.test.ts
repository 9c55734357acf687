import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EVENT_FIELDS } from '@custom-events/event'

const FOLDER = new URL('../../../../schemas/clickhouse/', import.meta.url)

/** Every migration that makes or changes the table of events. */
function migrationsOfEvents(): string {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sql'))
  const texts = files.map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
  return texts
    .filter((sql) => /(CREATE TABLE IF NOT EXISTS|ALTER TABLE) events\b/.test(sql))
    .join('\n')
}

const TYPES = { text: 'String', time: "DateTime64(3, 'UTC')", json: 'String' } as const

test('every field of an event is a column of its table, of the type of the field, and of the view', () => {
  const table = migrationsOfEvents().replaceAll(/LowCardinality\((\w+)\)/g, '$1')
  const view = readFileSync(new URL('repeatable/tracked.sql', FOLDER), 'utf8')
  const columns = view.slice(view.indexOf('SELECT'), view.indexOf('FROM'))
  for (const { name, stored, isOptional } of EVENT_FIELDS) {
    const type = isOptional ? `Nullable(${TYPES[stored]})` : TYPES[stored]
    const column = new RegExp(`\\b${name}\\s+${escaped(type)} `)
    assert.match(table, column, `${name} is no column of type ${type}`)
    assert.match(columns, new RegExp(`^\\s+${name},$`, 'm'), `${name} is not in the view tracked`)
  }
})

function escaped(text: string): string {
  return text.replaceAll(/[()]/g, '\\$&')
}
