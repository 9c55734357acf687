import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { patiently } from './admin-client.ts'

test('what a fresh broker says while it loads is asked again; what is definite is not', async () => {
  for (const [type, code, attempts] of [
    ['NOT_COORDINATOR', 16, 2],
    ['UNKNOWN_TOPIC_OR_PARTITION', 3, 2],
    ['TOPIC_AUTHORIZATION_FAILED', 29, 1],
  ] as const) {
    let asked = 0
    const ask = async (): Promise<number> => {
      asked += 1
      if (asked === 1)
        throw new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code }))
      return asked
    }
    await patiently(ask).catch((error: unknown) => assert.match(String(error), new RegExp(type)))
    assert.equal(asked, attempts, type)
  }
})
