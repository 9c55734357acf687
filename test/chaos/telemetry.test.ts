import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counter, parseMetrics } from '../../chaos/scrape.ts'
import type { Life } from '../../chaos/supervisor.ts'
import {
  checkConsumerTelemetry,
  checkIngestTelemetry,
  checkReplayTelemetry,
} from '../../chaos/telemetry.ts'

function life(page: string, times: Partial<Life> = {}): Life {
  const scrape = parseMetrics(page)
  return {
    name: 'x',
    number: 1,
    pid: 1,
    startedAtMs: 0,
    endedAtMs: null,
    exitCode: null,
    scrape,
    ...times,
  }
}

const INGEST = `# HELP custom_events_events_received_total text
custom_events_events_received_total 12
custom_events_events_accepted_total 9
custom_events_events_rejected_total{code="missing_group_id"} 1
custom_events_events_ignored_total{reason="not_an_event"} 0
custom_events_events_unacknowledged_total{reason="kafka_unavailable"} 2
`

test('a counter is the sum over its labels, or those with one of them', () => {
  const scrape = parseMetrics(
    'custom_events_a_total{table="events"} 3\ncustom_events_a_total{table="x"} 4\ncustom_events_a_total_more 9\n',
  )
  assert.equal(counter(scrape, 'a_total'), 7)
  assert.equal(counter(scrape, 'a_total', 'table="events"'), 3)
})

test("the last life's counters equal the answers that were read in it", () => {
  const answers = [
    { atMs: -5, accepted: 100, rejected: 0 }, // of a life before
    { atMs: 5, accepted: 9, rejected: 1 },
  ]
  assert.equal(checkIngestTelemetry([life(INGEST)], answers, []).isHeld, true)
  const one = [{ atMs: 5, accepted: 8, rejected: 1 }]
  assert.equal(checkIngestTelemetry([life(INGEST)], one, []).isHeld, false)
  assert.equal(checkIngestTelemetry([life(INGEST)], one, [6]).isHeld, true, 'an answer was lost')
  const wrong = life(INGEST.replace('received_total 12', 'received_total 13'))
  assert.equal(checkIngestTelemetry([wrong], answers, []).isHeld, false)
  assert.equal(checkIngestTelemetry([], answers, []).isHeld, false, 'nothing was compared')
})

test('each of several ingests is held to its own answers', () => {
  const answers = [
    { atMs: 5, accepted: 9, rejected: 1, by: 'ingest-1' },
    { atMs: 6, accepted: 50, rejected: 0, by: 'ingest-2' },
  ]
  const first = life(INGEST, { name: 'ingest-1' })
  const second = life(INGEST, { name: 'ingest-2' })
  assert.equal(checkIngestTelemetry([first], answers, []).isHeld, true)
  assert.equal(checkIngestTelemetry([first, second], answers, []).isHeld, false)
})

const CONSUMER = `custom_events_consumed_records_total{table="events"} 10
custom_events_inserted_rows_total{table="events"} 6
custom_events_already_inserted_rows_total{table="events"} 3
custom_events_dead_lettered_records_total{reason="tombstone"} 1
`

test('every consumed record is inserted, already there or dead-lettered', () => {
  assert.equal(checkConsumerTelemetry([life(CONSUMER)]).isHeld, true)
  assert.equal(checkConsumerTelemetry([life(CONSUMER.replace('} 6', '} 5'))]).isHeld, false)
  assert.equal(checkReplayTelemetry([life(CONSUMER)], 10).isHeld, true)
  assert.equal(checkReplayTelemetry([life(CONSUMER)], 11).isHeld, false)
})
