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
  const columns = readFileSync(new URL('fragments/tracked_columns.sql', FOLDER), 'utf8')
  for (const { name, stored, isOptional } of EVENT_FIELDS) {
    const type = isOptional ? `Nullable(${TYPES[stored]})` : TYPES[stored]
    const column = new RegExp(`\\b${name}\\s+${escaped(type)} `)
    assert.match(table, column, `${name} is no column of type ${type}`)
    assert.match(columns, new RegExp(`^${name},$`, 'm'), `${name} is not in the view tracked`)
  }
})

test('the view tracked selects its columns in the order in which it declares them', () => {
  const types = readFileSync(new URL('fragments/tracked_types.sql', FOLDER), 'utf8')
  const columns = readFileSync(new URL('fragments/tracked_columns.sql', FOLDER), 'utf8')
  const declared = [...types.matchAll(/^(\$?\{?\w+)/gm)].map(([, name]) => name)
  const selected = [...columns.matchAll(/^(\$?\{?\w+)/gm)].map(([, name]) => name)
  assert.deepEqual(
    declared.map((name) => (name === '${HOT_COLUMN_TYPES' ? '${HOT_COLUMNS' : name)),
    selected,
  )
})

function escaped(text: string): string {
  return text.replaceAll(/[()]/g, '\\$&')
}
