import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from './free-port.ts'

async function listen(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

test('a free port can be listened on and is none that outgoing connections get', async () => {
  for (let n = 0; n < 20; n++) {
    const port = await freePort(20_000)
    assert.ok(port < 20_000, `${port} is below 20000`)
    await listen(port)
  }
})

test('where outgoing connections get nearly every port, two servers still get different ones', async () => {
  for (const firstEphemeral of [1_024, 10_241]) {
    const ports = new Set<number>()
    for (let n = 0; n < 20; n++) ports.add(await freePort(firstEphemeral))
    assert.ok(ports.size > 10, `${ports.size} different ports of 20`)
    for (const port of ports) await listen(port)
  }
})

test('no port is given twice in one process', async () => {
  const ports = new Set<number>()
  for (let n = 0; n < 900; n++) ports.add(await freePort(11_240))
  assert.equal(ports.size, 900)
})
