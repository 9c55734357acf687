import assert from 'node:assert/strict'
import { once } from 'node:events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '../../../../test/support/eventually.ts'
import { rawPost } from '../testing/raw.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const EVENT = eventText()
const requests: Readonly<Record<string, readonly string[]>> = {
  accepted: [rawPost(`Content-Length: ${EVENT.length}\r\n`, EVENT)],
  'refused before its body has come': [
    rawPost('Content-Length: 8\r\nHost: again\r\n', ''),
    'not read',
  ],
  'refused for its body': [rawPost('Content-Length: 8\r\n', 'not JSON')],
}

for (const [name, parts] of Object.entries(requests)) {
  test(`a connection that waits for its next request holds nothing of the last one: ${name}`, async () => {
    await using ingest = await startTestIngest()
    const answered: WeakRef<object>[] = []
    const note = (message: unknown): void => {
      const { request, response } = message as { request: object; response: object }
      answered.push(new WeakRef(request), new WeakRef(response))
    }
    subscribe('http.server.response.finish', note)
    const socket = connect(ingest.port, '127.0.0.1')
    const [first = '', ...rest] = parts
    socket.write(first)
    if (rest.length === 0) await eventually(() => assert.equal(answered.length, 2))
    else await once(socket, 'data')
    for (const part of rest) socket.write(part)
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
}
