import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Scenario } from '../scenario.ts'

const MIB = 1_048_576
/** As the docs promise for one consumer with the default settings. */
const PROMISED_MIB = 512
const INFLATED_MIB = 300
const NOTE_BYTES = 200_000

/** A batch of a few hundred KiB holds 300 MiB of valid events: memory stays bounded, and others are read. */
export const scenario: Scenario = {
  name: 'inflated-batch',
  kind: 'K8',
  needs: 'plain',
  limitSeconds: 180,
  run: async (world) => {
    const { ingest, consumer } = await world.start()
    const event = { event_id: 'inflated', group_id: 'inflated' }
    const value = withNote(await world.encode(event))
    const count = Math.ceil((INFLATED_MIB * MIB) / value.length)
    const startedAt = performance.now()
    // The same event again and again: updates of one row.
    await world.putEvents(
      Array.from({ length: count }, () => ({ ...event, value })),
      { codec: 'gzip' },
    )
    await world.send({ through: ingest })
    await world.until(async () => {
      const [row] = await world.ask(
        "SELECT max(kafka_offset) FROM events WHERE event_id = 'inflated'",
      )
      assert.equal(Number(row?.[0]), count - 1)
    }, 90_000)
    await world.expectWhole()
    const peak = peakMib(consumer.pid)
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    world.note(`${count} events, ${INFLATED_MIB} MiB: at most ${peak} MiB, ${seconds} s`)
    assert.ok(peak <= PROMISED_MIB, `expected at most ${PROMISED_MIB} MiB, got ${peak}`)
  },
}

/** The same record with long properties: they stand as `{}`, two bytes and their length. */
function withNote(value: Buffer): Buffer {
  const at = value.indexOf(Buffer.from('\u0004{}'))
  assert.ok(at > 0, 'an event without properties')
  const properties = Buffer.from(JSON.stringify({ note: 'x'.repeat(NOTE_BYTES) }))
  const length: number[] = []
  for (let rest = properties.length * 2; rest > 0; rest >>>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  }
  return Buffer.concat([
    value.subarray(0, at),
    Buffer.from(length),
    properties,
    value.subarray(at + 3),
  ])
}

function peakMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024)
}
