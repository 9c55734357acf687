import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '../../../test/support/eventually.ts'
import { rawPost } from './raw.ts'
import { eventText, startTestIngest } from './test-support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

test('a connection that waits for its next request holds nothing of the last one', async () => {
  await using ingest = await startTestIngest()
  const answered: WeakRef<object>[] = []
  const note = (message: unknown): void => {
    const { request, response } = message as { request: object; response: object }
    answered.push(new WeakRef(request), new WeakRef(response))
  }
  subscribe('http.server.response.finish', note)
  const body = eventText()
  const socket = connect(ingest.port, '127.0.0.1')
  socket.write(rawPost(`Content-Length: ${body.length}\r\n`, body))
  await eventually(() => assert.equal(answered.length, 2))
  unsubscribe('http.server.response.finish', note)
  await eventually(() => {
    collect()
    assert.deepEqual(
      answered.map((one) => one.deref() === undefined),
      [true, true],
    )
  })
  assert.equal(socket.readyState, 'open')
  socket.destroy()
})
