// What ingest of this checkout answers to a handful of bodies, and the records that it makes of them, as one line of
// JSON. Run in a copy without a shortcut it must print what it prints in this one.
import { gzipSync } from 'node:zlib'
import { eventText, startTestIngest } from '../../services/ingest/src/testing/test-support.ts'

const NOW = Date.parse('2023-11-05T00:00:00.000Z')
Date.now = () => NOW

const batch = (count: number, change: (index: number) => object = () => ({})): string => {
  const events = Array.from({ length: count }, (_, index) =>
    eventText({ event_id: `e-${index}`, group_id: `account_${index % 7}`, ...change(index) }),
  )
  return `{"batch":[${events.join()}]}`
}
const open = { properties: { plan: 'pro', path: '/a"b' }, context: { locale: 'de', ip: '::1' } }

/** The usual, what the fast path leaves to the reference path, and what is refused. */
const bodies: readonly (readonly [body: string | Buffer, headers?: Record<string, string>])[] = [
  [eventText()],
  [eventText({ ...open, sent_at: '2023-11-04T14:45:31Z', anonymous_id: 'ä', event: 'größe' })],
  [eventText({ event_id: undefined }), { 'idempotency-key': 'one' }],
  [eventText({ unknown: 1 })],
  [eventText({ group_id: undefined })],
  [eventText({ user_id: '', anonymous_id: 'a' })],
  [batch(2)],
  [batch(9, () => open)],
  [batch(100, () => open)],
  [batch(101)],
  [batch(1_200, () => open)],
  [batch(12, (index) => (index === 5 ? { timestamp: 'never' } : {}))],
  [gzipSync(batch(100, () => open)), { 'content-encoding': 'gzip' }],
  [gzipSync(batch(1_200, () => open)), { 'content-encoding': 'gzip' }],
  [gzipSync(batch(9)).subarray(0, -9), { 'content-encoding': 'gzip' }],
  [
    `${eventText()}\n${eventText({ event_id: 'e-2' })}\n`,
    { 'content-type': 'application/x-ndjson' },
  ],
  [eventText().slice(0, -1)],
  ['[]'],
]

await using ingest = await startTestIngest()
const answers: unknown[] = []
for (const [index, [body, headers]] of bodies.entries()) {
  const response = await fetch(`${ingest.url}/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': `r-${index}`, ...headers },
    body,
  })
  const head = [...response.headers].filter(([name]) => name !== 'date')
  answers.push([response.status, head, await response.text()])
}
const records = ingest.producer.records.map(({ topic, partition, key, value }) =>
  [topic, partition, key?.toString('hex'), value?.toString('hex')].join(' '),
)
const made = await fetch(`${ingest.url}/track`, { method: 'POST', body: eventText() })
const isIdSound = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(
  made.headers.get('x-request-id') ?? '',
)
process.stdout.write(`${JSON.stringify({ answers, records, isIdSound })}\n`)
