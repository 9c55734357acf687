import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBalancer } from '../../chaos/balancer.ts'

test('requests go to all in turn, an answer says whose it is, and a silence goes to another next time', async () => {
  const closed: string[] = []
  const urls = new Map([
    ['ingest-1', 'one'],
    ['ingest-2', 'two'],
  ])
  const balancer = createBalancer(urls, (url) => ({
    send: async () => (url === 'one' ? null : { status: 200, body: { accepted: 1 } }),
    close: () => void closed.push(url),
  }))
  const answers = [await balancer.send(''), await balancer.send(''), await balancer.send('')]
  assert.deepEqual(
    answers.map((answer) => answer?.by ?? null),
    [null, 'ingest-2', null],
  )
  balancer.close()
  assert.deepEqual(closed, ['one', 'two'])
})
