import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import {
  findTakenPorts,
  otherBrokerPorts,
  otherShardPorts,
  pickFreePorts,
  portsFromBase,
} from './ports.ts'

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
  const { otherBrokers, otherShards: _, ...named } = ports
  const all = [
    ...Object.values(named),
    ...(otherBrokers ?? []).flatMap((each) => Object.values(each)),
  ]
  assert.equal(new Set(all).size, 4)
  assert.deepEqual(await findTakenPorts(ports), [])
  const other = createServer().listen(ports.registry, '127.0.0.1')
  await once(other, 'listening')
  const [problem, ...more] = await findTakenPorts(ports)
  other.close()
  assert.deepEqual(more, [])
  assert.equal(problem?.what, `port ${ports.registry} for the schema registry`)
  assert.match(problem?.fix ?? '', /--port-base/)
})

test('three brokers get six different ports, and a taken one is named with its broker', async () => {
  const ports = await pickFreePorts({ brokers: 3 })
  const [second, third] = ports.otherBrokers ?? []
  const brokers = [ports, second, third].flatMap((each) => [each?.kafka, each?.kafkaController])
  assert.equal(new Set(brokers).size, 6)
  const other = createServer().listen(third?.kafka, '127.0.0.1')
  await once(other, 'listening')
  const [problem] = await findTakenPorts(ports)
  other.close()
  assert.equal(problem?.what, `port ${third?.kafka} for Kafka broker 3`)
  assert.deepEqual(otherBrokerPorts(9_094, 3), [
    { kafka: 9_094, kafkaController: 9_095 },
    { kafka: 9_096, kafkaController: 9_097 },
  ])
  assert.deepEqual(otherBrokerPorts(9_094, 1), [])
})

test('each further shard has ports of its own, and a taken one is named with its shard', async () => {
  const ports = await pickFreePorts({ shards: 3 })
  const [second, third] = ports.otherShards ?? []
  const all = [ports.clickhouse, second?.clickhouse, third?.clickhouse]
  assert.equal(new Set(all).size, 3)
  const other = createServer().listen(third?.clickhouse, '127.0.0.1')
  await once(other, 'listening')
  const [problem, ...more] = await findTakenPorts(ports)
  other.close()
  assert.deepEqual(more, [])
  assert.equal(problem?.what, `port ${third?.clickhouse} for ClickHouse, shard 3`)
  assert.deepEqual(otherShardPorts({ clickhouse: 8_124, consumerOps: 3_003 }, 3), [
    { clickhouse: 8_124, consumerOps: 3_003 },
    { clickhouse: 8_125, consumerOps: 3_004 },
  ])
  assert.deepEqual(otherShardPorts({ clickhouse: 8_124, consumerOps: 3_003 }, 1), [])
})
