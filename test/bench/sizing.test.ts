import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ours } from '../../bench/consumer/contenders.ts'
import type { FigureTable, SavedFigures } from '../../bench/figures.ts'
import { costsOf, sizingTable } from '../../bench/sizing.ts'

const saved = (bench: string, tables: readonly FigureTable[]): SavedFigures => ({
  bench,
  tables,
  command: '',
  measuredAt: '',
  commit: '',
  machine: '',
  plots: [],
  ratios: {},
  notes: [],
})

const ingest = saved(
  'ingest',
  ['single-events', 'batches-of-100'].map((name) => ({
    name,
    columns: ['server', 'events/s', 'µs of CPU per event: server', 'Kafka'],
    rows: [['custom-events, through Kafka', 1_000, name === 'single-events' ? 20 : 4, 2]],
  })),
)
const consumer = saved('consumer', [
  {
    name: 'consumer',
    columns: ['who', 'rows/s', 'of them consumer', 'ClickHouse', 'Kafka'],
    rows: [[ours(1).name, 1_000, 1.5, 3, 0.5]],
  },
])

test('cores are events a second times CPU per event, at half use, rounded up', () => {
  const { columns, rows } = sizingTable(costsOf(ingest, consumer))
  const at = (rate: number, part: string) =>
    rows.find(([first]) => first === rate)?.[columns.indexOf(part)]
  assert.equal(at(10_000, 'ingest, single events'), '0.4')
  assert.equal(at(500_000, 'ingest, batches of 100'), '4.0')
  assert.equal(at(1_000, 'consumer'), '< 0.1')
  assert.equal(at(50_000, 'consumer'), '0.2')
})

test('a figure that is not there is named', () => {
  assert.throws(() => costsOf(ingest, saved('consumer', [])), /consumer\.json .*'?of them consumer/)
})
