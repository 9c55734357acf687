import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '../../../../test/support/eventually.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const WAITING = 30
/** Of one body, about: together 6 MB. */
const BODY_CHARS = 200_000
const MOST_BYTES = 2_500_000

const large = (changes: object = {}): string =>
  eventText({ properties: { a: 'x'.repeat(BODY_CHARS) }, ...changes })
const LONG_ID = 'an-id-that-is-long-enough-to-be-a-piece-of-a-text'
const bodies: Readonly<Record<string, string>> = {
  'one usual event': large(),
  'a list, whose ids are pieces of its text': `[${large({ event_id: LONG_ID })},${eventText()}]`,
  'an event with a warning': large({ unknown: 1, event_id: LONG_ID }),
}

for (const [name, body] of Object.entries(bodies)) {
  test(`who waits until events can be queried keeps nothing of their bodies: ${name}`, async () => {
    const goOn = Promise.withResolvers<void>()
    let waiting = 0
    const until = async () => {
      waiting += 1
      await goOn.promise
      return { isQueryable: true } as const
    }
    await using ingest = await startTestIngest({ queryable: { until } })
    await ingest.post(body) // what is made once is no part of it
    ingest.producer.forget()
    const before = usedBytes()
    const sockets: Socket[] = []
    while (sockets.length < WAITING) {
      sockets.push(post(ingest.port, body)) // one by one: long bodies wait for one another, and not for ever
      await eventually(() => assert.equal(waiting, sockets.length), { everyMs: 5 })
    }
    ingest.producer.forget()
    await eventually(() => {
      const held = usedBytes() - before
      assert.ok(held < MOST_BYTES, `${held} bytes are held`)
    })
    goOn.resolve()
    for (const socket of sockets) socket.destroy()
  })
}

function usedBytes(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function post(port: number, body: string): Socket {
  const socket = connect(port, '127.0.0.1')
  const head = `POST /track?wait=queryable HTTP/1.1\r\nHost: i\r\nContent-Length: ${body.length}`
  socket.write(`${head}\r\n\r\n${body}`)
  return socket
}
