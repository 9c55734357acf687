import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { findTakenPorts, pickFreePorts, portsFromBase } from './ports.ts'

test('a port base gives seven ports in a row and refuses what is no port', () => {
  assert.deepEqual(
    Object.values(portsFromBase(21_000)),
    [21_000, 21_001, 21_002, 21_003, 21_004, 21_005, 21_006],
  )
  for (const wrong of [0, -1, 1.5, 65_530, Number.NaN])
    assert.throws(() => portsFromBase(wrong), /--port-base/)
})

test('free ports differ, and a taken one is named with the flag that moves it', async () => {
  const ports = await pickFreePorts()
  assert.equal(new Set(Object.values(ports)).size, 4)
  assert.deepEqual(await findTakenPorts(ports), [])
  const other = createServer().listen(ports.registry, '127.0.0.1')
  await once(other, 'listening')
  const [problem, ...more] = await findTakenPorts(ports)
  other.close()
  assert.deepEqual(more, [])
  assert.equal(problem?.what, `port ${ports.registry} for the schema registry`)
  assert.match(problem?.fix ?? '', /--port-base/)
})
