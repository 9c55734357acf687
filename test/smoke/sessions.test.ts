// Tokens end while connections live: sessions are renewed, and nothing is lost or doubled, also while the token server is away.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { startKafka, startTokenServer } from '@custom-events/embedded'
import { createConsumer, createMemoryBudget } from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { kafkaOf, log, makeTopic, open, record, rightsOf, tlsOf } from '../connect/support.ts'

const TOPIC = 'sessions'
const LIFETIME_S = 8
const EVERY_MS = 20

test('sessions of 8 s, for half a minute, with the token server away in between', async () => {
  await using server = await startKafka({ secure: true })
  const { secure, tls } = tlsOf(server.secure)
  await makeTopic(kafkaOf(secure.admin), TOPIC)
  await secure.makeUser('app', rightsOf(TOPIC))
  const options = { key: tls.tokenKey, clientId: 'app', clientSecret: 's', lifetimeS: LIFETIME_S }
  const first = await startTokenServer(options)
  const port = Number(new URL(first.url).port)
  const kafka = kafkaOf({
    KAFKA_BROKERS: tls.brokers,
    KAFKA_TLS_ENABLED: 'true',
    KAFKA_TLS_CA_FILE: tls.authority.file,
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_OAUTH_TOKEN_URL: first.url,
    KAFKA_OAUTH_CLIENT_ID: 'app',
    KAFKA_OAUTH_CLIENT_SECRET: 's',
  })
  await using producer = open(kafka, TOPIC)
  await eventually(() => assert.equal(producer.notReadyReason, null))
  await using consumer = createConsumer({
    kafka,
    consumerGroup: TOPIC,
    topics: [TOPIC],
    budget: createMemoryBudget(10_000_000),
    onOutOfRange: 'halt',
    log,
  })
  const read: string[] = []
  const rejoined = { count: 0 }
  const stop = new AbortController()
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const event = await consumer.fetch({ maxWaitMs: 200, signal: stop.signal })
      if (event.kind === 'assigned') rejoined.count += 1
      if (event.kind === 'revoked') event.release()
      if (event.kind !== 'records') continue
      for (const { value } of event.records) read.push(String(value))
      const { topic, partition, next } = event
      await consumer.commit(event.epoch, [{ topic, partition, offset: next }])
    }
  })()

  const failures: unknown[] = []
  let sent = 0
  const produceFor = async (ms: number): Promise<void> => {
    const end = performance.now() + ms
    while (performance.now() < end) {
      const [outcome] = await producer.produce([record(TOPIC, String(sent))])
      if (outcome?.status !== 'acknowledged') failures.push(outcome)
      sent += 1
      await delay(EVERY_MS)
    }
  }
  await produceFor(14_000)
  const givenWithinTheFirst = first.given
  await first[Symbol.asyncDispose]() // away for less than a token lives
  await produceFor(3_000)
  await using second = await startTokenServer({ ...options, port })
  await produceFor(12_000)
  // Idle beyond the end of a session: the next request comes over a connection that the broker would close.
  await delay(1.5 * LIFETIME_S * 1_000)
  await produceFor(500)

  assert.deepEqual(failures, [], 'every record was acknowledged')
  await eventually(() => assert.equal(read.length, sent))
  stop.abort()
  await reading
  assert.deepEqual(
    read,
    Array.from({ length: sent }, (_, n) => String(n)),
    'once each, in order',
  )
  assert.equal(rejoined.count, 1, 'no session of the group was lost')
  const tokens = givenWithinTheFirst + second.given
  assert.ok(second.given > 0 && tokens <= 14, `${tokens} tokens for all connections`)
})
