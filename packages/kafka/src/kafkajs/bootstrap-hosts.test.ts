import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realHost, withoutColons } from './bootstrap-hosts.ts'

test('an IPv6 address goes through kafkajs, which cuts at the first colon, and is itself again', () => {
  for (const address of ['::1', 'fe80::1%eth0', '2001:db8::192.0.2.1']) {
    const [host = '', port, ...more] = withoutColons(`[${address}]:9092`).split(':')
    assert.deepEqual([realHost(host), port, more], [address, '9092', []])
  }
  for (const host of ['kafka-1.internal', '10.0.0.1', 'with_underscore']) {
    assert.equal(withoutColons(`${host}:9092`), `${host}:9092`)
    assert.equal(realHost(host), host)
  }
  assert.equal(realHost('2001:db8::1'), '2001:db8::1', 'as brokers name themselves')
})
