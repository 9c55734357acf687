import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepPlace } from './keep-place.ts'

test(
  'what takes long before an assignment begins costs no place',
  { timeout: 10_000 },
  async () => {
    let beats = 0
    const enough = Promise.withResolvers<void>()
    const heartbeat = async (): Promise<void> => {
      if (++beats === 5) enough.resolve()
      throw new Error('this one was not answered')
    }
    const found = await keepPlace({ heartbeat }, 1, async () => {
      await enough.promise // a broker that accepts and does not answer
      return 'positions'
    })
    assert.equal(found, 'positions')
  },
)
