import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOBODY_ERASED } from '@custom-events/event'
import { knowErased } from './known-erased.ts'
import { Abandoned } from '../insert/retry-loop.ts'
import type { Wait } from '../insert/retry.ts'

function scripted(maxWaits: number) {
  const erasures = {
    ids: NOBODY_ERASED,
    version: 1,
    ageMs: 0,
    trouble: null as string | null,
    notReadyReason: null as string | null,
  }
  const waits: Wait[] = []
  const retryLoop = {
    wait: async (wait: Wait) => {
      waits.push(wait)
      if (waits.length === maxWaits) throw new Abandoned()
    },
  }
  return { erasures, waits, know: () => knowErased({ erasures, retryLoop, maxAgeMs: 30_000 }) }
}

test('an insert may begin while nothing is known to have changed and the topic was read lately', async () => {
  const { erasures, know } = scripted(1)
  const known = await know()
  assert.equal(known.mayBegin(), true)
  erasures.ageMs = 30_001
  assert.equal(known.mayBegin(), false, 'a process that was stopped for so long knows no more')
  erasures.ageMs = 0
  erasures.version = 2
  assert.equal(known.mayBegin(), false, 'somebody was erased')
})

test('what is too old or not understood is waited for, and says why', async () => {
  const old = scripted(2)
  old.erasures.ageMs = 45_000
  old.erasures.trouble = 'broker away'
  await assert.rejects(old.know(), Abandoned)
  assert.match(old.waits[0]?.error.message ?? '', /45 s ago, longer ago than 30 s: broker away/)
  assert.deepEqual([old.waits[0]?.action, old.waits[0]?.reason], ['retry', 'erasures'])

  const unread = scripted(1)
  unread.erasures.notReadyReason = 'a record is not understood'
  await assert.rejects(unread.know(), Abandoned)
  assert.deepEqual(
    [unread.waits[0]?.action, unread.waits[0]?.error.message],
    ['halt', 'a record is not understood'],
  )
})
