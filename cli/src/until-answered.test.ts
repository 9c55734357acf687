import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseFailure } from '@custom-events/clickhouse'
import { SchemaRegistryError } from '@custom-events/kafka'
import { isAway, untilAnswered } from './until-answered.ts'

const away = new SchemaRegistryError('unavailable', 'nobody answered', new Error('ECONNREFUSED'))
const denied = new SchemaRegistryError('denied', 'no', { status: 401 })

async function attempt(failures: readonly Error[], limitMs: number) {
  const lines: string[] = []
  let calls = 0
  const patience = {
    server: 'the registry at http://r',
    limitMs,
    print: (line: string) => void lines.push(line),
  }
  const outcome = await untilAnswered(patience, () => {
    const failure = failures[calls++]
    return failure === undefined ? Promise.resolve('done') : Promise.reject(failure)
  }).catch((error: unknown) => error)
  return { outcome, calls, lines }
}

test('a server that does not answer yet is waited for, and it is said once for which', async () => {
  const { outcome, calls, lines } = await attempt([away, away], 10_000)
  assert.deepEqual([outcome, calls], ['done', 3])
  assert.deepEqual(lines, ['waiting for the registry at http://r: up to 10 s more'])
})

test('after the limit the last failure is told', async () => {
  const { outcome, calls } = await attempt(
    Array.from({ length: 100 }, () => away),
    300,
  )
  assert.equal(outcome, away)
  assert.ok(calls >= 2 && calls < 10, `${calls} attempts`)
})

test('with 0 it is tried once, and what a server said is never tried again', async () => {
  assert.deepEqual(await attempt([away], 0), { outcome: away, calls: 1, lines: [] })
  assert.deepEqual(await attempt([denied], 10_000), { outcome: denied, calls: 1, lines: [] })
})

const clickhouse = (network: string | null, code: number | null = null) =>
  new ClickHouseFailure('asking', { code, status: null, network, message: '' })

for (const [what, error, expected] of [
  [
    'a registry behind a wrong path',
    new SchemaRegistryError('unavailable', '', { status: 404 }),
    false,
  ],
  ['a registry that has no schema', new SchemaRegistryError('unknown', '', null), false],
  ['a ClickHouse that refuses connections', clickhouse('ECONNREFUSED'), true],
  ['a ClickHouse that takes too long', clickhouse('TIMEOUT'), true],
  ['plain HTTP to a TLS port', clickhouse('HPE_INVALID_CONSTANT'), false],
  ['TLS to a plain port', clickhouse('ERR_SSL_WRONG_VERSION_NUMBER'), false],
  ['a wrong password', clickhouse(null, 516), false],
  ['anything else', new Error('a bug'), false],
] as const) {
  test(`${what} ${expected ? 'may pass' : 'does not pass'} by itself`, () => {
    assert.equal(isAway(error), expected)
  })
}
