import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EVENT_CODES, REQUEST_CODES } from '@custom-events/event'
import { LOAD_REASONS } from '../response/refusal.ts'
import { BAD_EVENT, startTestIngest, type TestIngest } from '../testing/test-support.ts'
import { ADMISSION } from './admission.ts'

const INGEST = new URL('../', import.meta.url)
const RUNBOOK = readFileSync(new URL('../../../docs/runbook.md', INGEST), 'utf8')

test('every reason has one limit or more, and its entry in the runbook', () => {
  const named = new Set(ADMISSION.map(({ reason }) => reason))
  for (const reason of LOAD_REASONS) {
    assert.ok(named.has(reason), reason)
    assert.match(RUNBOOK, new RegExp(`^- .*\`${reason}\``, 'm'))
  }
})

test('every limit names a file that is there, and a code that is told', () => {
  for (const { limit, file, code, otherwise } of ADMISSION) {
    assert.ok(existsSync(new URL(file, INGEST)), file)
    if (code === null) assert.ok(otherwise, limit)
    else assert.ok(code in REQUEST_CODES || code in EVENT_CODES, `${limit}: ${code}`)
  }
})

/** Ways to break a limit, each for the row of that name; they can be broken all at once. */
interface Wrong {
  readonly limit: string
  readonly spoil?: (ingest: TestIngest) => void
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const LONG_PATH = `/track?x=${'x'.repeat(2_100)}`
const MANY_HEADERS = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`x-${at}`, '1']))
const TOO_MANY = JSON.stringify(Array.from({ length: 2_501 }, () => ({})))
const TOO_DEEP = '['.repeat(1_001) + ']'.repeat(1_001)

const WRONGS: readonly Wrong[] = [
  { limit: 'the URL', path: LONG_PATH },
  { limit: 'headers', headers: MANY_HEADERS },
  { limit: 'an instance that drains', spoil: drain },
  { limit: 'Kafka is away', spoil: ({ producer }) => (producer.notReadyReason = 'away') },
  {
    limit: 'the registry does not know our schema',
    spoil: ({ schemas }) => (schemas.notReadyReason = 'away'),
  },
  { limit: 'records that wait for Kafka', spoil: ({ producer }) => (producer.isFull = true) },
  {
    limit: 'bytes in flight: heads and bodies of all requests',
    spoil: ({ budget, parts }) => budget.open().take(parts.settings.limits.maxInFlightBytes),
  },
  { limit: 'a body', body: ' '.repeat(6 * 1_024 ** 2) + TOO_DEEP },
  { limit: 'nesting of a body', body: TOO_DEEP },
  { limit: 'events of a request', body: TOO_MANY },
  { limit: 'one event', body: BAD_EVENT },
]

/** As on SIGTERM, but the connection of this test stays. */
function drain({ parts }: TestIngest): void {
  Object.defineProperty(parts.lifecycle, 'isDraining', { value: true })
}

test('a request that breaks several limits is refused for the first of them', async () => {
  const order = ADMISSION.map(({ limit }) => limit)
  for (const [at, { limit }] of WRONGS.entries()) {
    const row = ADMISSION[order.indexOf(limit)] ?? assert.fail(`${limit} is no row`)
    const next = WRONGS[at + 1]
    assert.ok(next === undefined || order.indexOf(next.limit) > order.indexOf(limit), limit)

    await using ingest = await startTestIngest()
    const broken = WRONGS.slice(at)
    for (const { spoil } of broken) spoil?.(ingest)
    const { path = '/track' } = broken.find((wrong) => wrong.path !== undefined) ?? {}
    const { headers = {} } = broken.find((wrong) => wrong.headers !== undefined) ?? {}
    const { body = '' } = broken.find((wrong) => wrong.body !== undefined) ?? {}
    const answer = await ingest.post(body, { path, headers })
    const expected = limit === 'one event' ? 'validation_failed' : row.code
    assert.equal(answer.body.code, expected, limit)
    if (row.reason === undefined) continue
    const { values } = await ingest.metrics.refusedForLoad.get()
    assert.deepEqual(
      values.filter(({ value }) => value > 0).map(({ labels }) => labels['reason']),
      [row.reason],
    )
  }
})
