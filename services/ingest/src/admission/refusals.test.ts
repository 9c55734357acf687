import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalForLoad, type Pressure } from './refusals.ts'

const CALM: Pressure = {
  isDraining: false,
  kafkaReason: null,
  schemaReason: null,
  isProducerFull: false,
  hasRoom: true,
  isLongBodyQueueFull: false,
}

test('a request is taken when nothing speaks against it', () => {
  assert.equal(refusalForLoad(CALM), null)
})

test('each pressure has its code, and the reasons inside stay inside', () => {
  const table: readonly (readonly [Partial<Pressure>, string, string])[] = [
    [{ isDraining: true, kafkaReason: 'x' }, 'draining', 'draining'],
    [{ kafkaReason: 'broker 10.0.0.1 is away' }, 'kafka_unavailable', 'kafka_away'],
    [{ schemaReason: 'registry 10.0.0.1 is away' }, 'kafka_unavailable', 'registry_away'],
    [{ isProducerFull: true, hasRoom: false }, 'overloaded', 'producer_buffer'],
    [{ hasRoom: false, isLongBodyQueueFull: true }, 'overloaded', 'bytes_in_flight'],
    [{ isLongBodyQueueFull: true }, 'overloaded', 'long_bodies'],
  ]
  for (const [pressure, code, reason] of table) {
    const refusal = refusalForLoad({ ...CALM, ...pressure })
    assert.deepEqual([refusal?.code, refusal?.loadReason], [code, reason])
    assert.doesNotMatch(refusal?.message ?? '', /10\.0/)
  }
})
