import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { keysDatabase, migrate } from '@custom-events/clickhouse'
import {
  createSealValue,
  findSealable,
  openProperties,
  sealProperties,
  SCOPE_LETTER,
  sealTreeOf,
  type SealingKey,
  type SealScope,
} from '@custom-events/event'
import { createLogger } from '@custom-events/runtime'
import fc from 'fast-check'
import { ownDatabase } from '../support/own-database.ts'
import { servers } from '../support/servers.ts'

const SEED = Date.now() % 1_000_000
const sealValue = createSealValue()
const log = createLogger({ service: 'test', level: 'silent' })

function keyOf(scope: SealScope, number: number): SealingKey & { readonly bytes: Buffer } {
  const id = SCOPE_LETTER[scope] + Buffer.alloc(16, number).toString('base64url')
  const bytes = Buffer.alloc(32, number * 2 + (scope === 'person' ? 1 : 0))
  return { id, bytes, secret: createSecretKey(bytes) }
}

const name = fc.constantFrom('email', 'vat', 'in', 'é"\\', 'sealed:v1:', '": "')
const value = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(null, true, 0, -1.5, '', "it's", 'a\\"b', '\n\t', 'sealed:v1:', [{ email: '[' }]),
)
const properties = fc.dictionary(name, fc.oneof(value, fc.dictionary(name, value)), {
  noNullPrototype: true,
})

test(
  'ClickHouse opens what we seal, byte for byte, and only with the keys of the account',
  { timeout: 120_000 },
  async () => {
    await using resources = new AsyncDisposableStack()
    const clickhouse = resources.use(ownDatabase(resources.use(await servers()), 'unsealed'))
    await migrate({ clickhouse, log })
    const insert = (into: string, lines: readonly object[]): Promise<void> =>
      clickhouse.command(
        `INSERT INTO ${into} FORMAT JSONEachRow ${lines.map((line) => JSON.stringify(line)).join('\n')}`,
      )
    const tree = sealTreeOf([
      { path: ['email'], scope: 'person' },
      { path: ['vat'], scope: 'account' },
      { path: ['in', 'email'], scope: 'person' },
      { path: ['é"\\'], scope: 'person' },
    ])
    assert.ok(tree !== null)
    const sent = fc.sample(properties, { numRuns: 400, seed: SEED }).map((each, index) => {
      const text = JSON.stringify(each, null, index % 3 === 0 ? 1 : undefined)
      return { eventId: `e-${index}`, group: `g-${index % 5}`, text, of: index % 5 }
    })
    const rows = sent.map(({ eventId, group, text, of }) => ({
      event_id: eventId,
      group_id: group,
      properties: sealProperties(text, findSealable(text, tree), {
        sealValue,
        eventId,
        keyOf: (scope) => keyOf(scope, of),
      }),
    }))
    assert.ok(rows.filter((row) => row.properties.includes('"sealed:v1:p')).length > 100)
    await insert(
      'events (event_id, group_id, properties, event, timestamp, set_received_at, user_id, version)',
      rows.map((row, index) => ({
        ...row,
        event: 'e',
        timestamp: '2026-01-01 00:00:00.000',
        set_received_at: '2026-01-01 00:00:00.000',
        user_id: 'u',
        version: 2 ** 48 + index,
      })),
    )
    // The keys of the last account are not there; those of the one before are another's.
    const keys = [0, 1, 2, 3].flatMap((number) =>
      (['person', 'account'] as const).map((scope) => ({
        ...keyOf(scope, number),
        group: number === 3 ? 'g-0' : `g-${number}`,
      })),
    )
    await clickhouse.command(
      `INSERT INTO ${keysDatabase(clickhouse.database)}.seal_keys (key_id, group_id, key, made_at, kafka_partition, version) VALUES ` +
        keys
          .map(
            ({ id, group, bytes }) =>
              `('${id}', '${group}', unhex('${bytes.toString('hex')}'), now64(3), 0, 1)`,
          )
          .join(),
    )
    const shown = await clickhouse.query<{ event_id: string; properties: string }>(
      'SELECT event_id, properties FROM tracked_unsealed',
    )
    const byId = new Map(shown.map((row) => [row.event_id, row.properties]))
    assert.equal(byId.size, sent.length)
    for (const [index, { eventId, text, of }] of sent.entries()) {
      const expected = of < 3 ? text : (rows[index]?.properties ?? '')
      assert.equal(byId.get(eventId), expected, `seed ${SEED}`)
      const ours = new Map([keyOf('person', of), keyOf('account', of)].map((key) => [key.id, key]))
      assert.equal(openProperties(rows[index]?.properties ?? '', ours, eventId), text)
    }
    // Marked, though its row is there: a consumer that was frozen may bring it back.
    const marked = keyOf('person', 0).id
    await clickhouse.command(
      `INSERT INTO ${keysDatabase(clickhouse.database)}.destroyed_keys (key_id) VALUES ('${marked}')`,
    )
    const after = await clickhouse.query<{ properties: string }>(
      "SELECT properties FROM tracked_unsealed WHERE group_id = 'g-0'",
    )
    assert.ok(after.some((row) => row.properties.includes(`"sealed:v1:${marked}`)))
    const opened = await clickhouse.query(
      `SELECT event_id FROM tracked WHERE group_id = 'g-0' AND properties LIKE '%sealed:v1:${marked}%'
       AND event_id NOT IN (SELECT event_id FROM tracked_unsealed WHERE properties LIKE '%sealed:v1:${marked}%')`,
    )
    assert.deepEqual(opened, [])
  },
)
