import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocks } from '../../chaos/locks.ts'

test('two faults never have the same victim at once', async () => {
  const locks = createLocks()
  const first = await locks.any(() => ['a', 'b'])
  const second = await locks.any(() => ['a', 'b'])
  assert.deepEqual([first.name, second.name], ['a', 'b'])
  let isTaken = false
  const third = locks.all(['a']).then((release) => {
    isTaken = true
    return release
  })
  await Promise.resolve()
  assert.equal(isTaken, false)
  first.release()
  ;(await third)()
  assert.equal(isTaken, true)
})

test('a fault that wants everything is not overtaken for ever by those who want one', async () => {
  const locks = createLocks()
  const order: string[] = []
  const first = await locks.any(() => ['a', 'b'])
  const everything = locks.all(['a', 'b']).then((release) => {
    order.push('everything')
    release()
  })
  const later = locks
    .any(() => ['a', 'b'])
    .then(({ release }) => {
      order.push('later')
      release()
    })
  first.release()
  await Promise.all([everything, later])
  assert.deepEqual(order, ['everything', 'later'])
})
