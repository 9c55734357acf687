import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minimise } from './minimise.fixture.ts'

test('what a failure needs is left, and nothing else', async () => {
  const sent = Buffer.from(`{"a":[${'1,'.repeat(300)}"\\ud800"],"b":{"c":"é","user_id":""}}`)
  const fails = async (bytes: Buffer) => /ud8.*user.*""/.test(bytes.toString())
  assert.equal((await minimise(sent, fails)).toString(), 'ud8user""')
  const always = await minimise(sent, async () => true)
  assert.equal(always.length, 0)
  const list = Buffer.from(`[{"a":[1,2],"b":"],"},{"c":{"d":3,"e":4}},{"f":5}]`)
  const isJson = async (bytes: Buffer) => /^\[\{.*"e":4\}*\]$/.test(bytes.toString())
  assert.equal((await minimise(list, isJson)).toString(), '[{"e":4]')
  const never = await minimise(sent, async (bytes) => bytes.equals(sent))
  assert.deepEqual(never, sent)
})
