import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeFieldsText, readEnvelopeFields } from './envelope-fields.ts'
import { readEnvelope } from './envelope.ts'

test('the envelope fields of a request come back as they were', () => {
  const context = '{ "groupId":"g", "big":9007199254740993 }'
  const body = Buffer.from(`{"batch":[{}],"context":${context},"sentAt":1700000000000}`)
  const envelope = readEnvelope(body, undefined, {
    maxEvents: 1,
    maxRepeatedContextBytes: 1_000_000,
  })
  const fields = {
    envelopeContext: envelope.context,
    sentAt: envelope.sentAt,
    idempotencyKey: 'a "key"',
    audience: 'sdk' as const,
  }
  const back = readEnvelopeFields(envelopeFieldsText(fields))
  assert.equal(back.envelopeContext?.text, context)
  assert.deepEqual(back.envelopeContext?.object, envelope.context?.object)
  assert.deepEqual(
    [...(back.envelopeContext?.fields.keys() ?? [])],
    [...(envelope.context?.fields.keys() ?? [])],
  )
  assert.equal(back.sentAt?.value, 1_700_000_000_000)
  assert.equal(back.idempotencyKey, 'a "key"')
  assert.equal(back.audience, 'sdk')
})

test('no envelope fields are null, and null is nothing', () => {
  const nothing = {
    envelopeContext: null,
    sentAt: null,
    idempotencyKey: null,
    audience: 'own' as const,
  }
  assert.equal(envelopeFieldsText(nothing), null)
  assert.deepEqual(readEnvelopeFields(null), nothing)
})
