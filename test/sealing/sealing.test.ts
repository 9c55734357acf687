import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hashOfId } from '@custom-events/clickhouse'
import { keepPartsBriefly, receiptIn, runErase } from '../support/erase-command.ts'
import { eventually } from '../support/eventually.ts'
import { startSealingWorld, type SealingWorld } from './sealing-world.ts'

/** Everything here waits for a condition; a busy machine may take long. */
const PATIENT = { withinMs: 60_000 }

let world: SealingWorld
before(async () => {
  world = await startSealingWorld()
})
after(() => world[Symbol.asyncDispose]())

interface Row {
  readonly event_id: string
  readonly properties: string
}

const rowsOf = (view: string, group = 'acme') =>
  world.pipeline.query<Row>(
    `SELECT event_id, properties FROM ${view} WHERE group_id = '${group}' ORDER BY event_id`,
  )

interface Key {
  readonly key_id: string
  readonly group_id: string
  readonly user_id: string | null
  readonly key: string
}

const keys = () =>
  world.pipeline.query<Key>(
    `SELECT key_id, group_id, user_id, hex(key) AS key FROM ${world.pipeline.environment['CLICKHOUSE_DATABASE']}_keys.seal_keys FINAL WHERE key != ''`,
  )

const SECRETS = ['ann.secret@example.com', 'bob.secret@example.com', 'DE-SECRET-1']
const [ANN, BOB, VAT] = SECRETS

test(
  'sealed values are in no file and no table; tracked_unsealed shows what was sent',
  { timeout: 170_000 },
  async () => {
    const sent = new Map([
      ['e-1', { email: ANN, vat: VAT, age: 41, plan: 'CANARY-PLAIN' }],
      ['e-2', { email: BOB, vat: VAT, plan: 'CANARY-PLAIN' }],
      ['e-3', { email: ANN, nested: { a: [1, 'é😀'] } }],
      ['e-4', { plan: 'CANARY-PLAIN' }],
    ])
    for (const [id, properties] of sent) {
      const user = properties.email === BOB ? 'bob' : 'ann'
      assert.equal(await world.signUp({ id, user, properties }), 200)
    }
    await eventually(async () => {
      const rows = await rowsOf('tracked_unsealed')
      assert.deepEqual(
        rows.map(({ properties }) => properties),
        [...sent.values()].map((properties) => JSON.stringify(properties)),
      )
    }, PATIENT)
    const sealed = await rowsOf('tracked')
    assert.match(
      sealed[0]?.properties ?? '',
      /^\{"email":"sealed:v1:p[^"]*","vat":"sealed:v1:a[^"]*","age":"sealed:v1:p[^"]*","plan":"CANARY-PLAIN"\}$/,
    )
    assert.ok(
      (await world.filesWith('kafka', 'CANARY-PLAIN')).length > 0,
      'what is not sealed is found so',
    )
    for (const secret of SECRETS) {
      assert.deepEqual(await world.filesWith('kafka', secret), [])
      assert.deepEqual(await world.filesWith('clickhouse', secret), [])
      assert.doesNotMatch(JSON.stringify(sealed), new RegExp(secret))
    }
    assert.equal((await keys()).length, 3, 'of Ann, of Bob, and of the account')
  },
)

test('a rejected event holds nothing of a marked value', { timeout: 170_000 }, async () => {
  assert.equal(
    await world.signUp({
      id: 'r-1',
      user: 'ann',
      properties: { email: 's!', vat: VAT, age: 'SECRET-AGE' },
    }),
    400,
  )
  const [row] = await eventually(async () => {
    const rows = await world.pipeline.query<object>('SELECT raw, errors FROM rejected_events')
    assert.equal(rows.length, 1)
    return rows
  }, PATIENT)
  assert.doesNotMatch(JSON.stringify(row), /SECRET|s!/)
  assert.deepEqual(await world.filesWith('kafka', 'SECRET-AGE'), [])
})

test('an update is sealed anew, and wins', { timeout: 170_000 }, async () => {
  for (const email of ['first@example.com', 'second@example.com']) {
    assert.equal(
      await world.signUp({ id: 'u-1', user: 'ann', group: 'updates', properties: { email } }),
      200,
    )
  }
  await eventually(async () => {
    const rows = await rowsOf('tracked_unsealed', 'updates')
    assert.deepEqual(rows, [{ event_id: 'u-1', properties: '{"email":"second@example.com"}' }])
  }, PATIENT)
})

test(
  'text of a client that looks sealed does not open, wherever it is put',
  { timeout: 170_000 },
  async () => {
    const [own] = await rowsOf('tracked')
    const [text = ''] = /sealed:v1:p[\w:-]*/.exec(own?.properties ?? '') ?? []
    const properties = { note: text, list: [text], email: text }
    assert.equal(
      await world.signUp({ id: 'c-1', user: 'mallory', group: 'copies', properties }),
      200,
    )
    const other = {
      event: 'other',
      event_id: 'c-2',
      timestamp: '2026-01-01T00:00:00Z',
      group_id: 'copies',
      user_id: 'mallory',
      properties,
    }
    assert.equal((await world.pipeline.post('/track', JSON.stringify(other))).status, 200)
    await eventually(async () => {
      const rows = await rowsOf('tracked_unsealed', 'copies')
      assert.deepEqual(
        rows.map((row) => row.properties),
        [JSON.stringify(properties), JSON.stringify(properties)],
      )
    }, PATIENT)
  },
)

test(
  'killed again and again, ingest has accepted nothing whose key is lost',
  { timeout: 170_000 },
  async () => {
    const accepted: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const { url, program } = await world.startIngest()
      const posting = Array.from({ length: 60 }, async (_, n) => {
        const id = `k-${round}-${n}`
        const properties = { email: `${id}@example.com` }
        const event = { id, user: `user-${id}`, group: 'kills', properties }
        const status = await world.signUp(event, url).catch(() => 0)
        if (status === 200) accepted.push(id)
      })
      await (round === 0 ? posting[0] : posting[20 * round]) // some are answered, some on their way
      program.kill('SIGKILL')
      await Promise.all(posting)
      await program.exited
    }
    assert.ok(accepted.length > 0)
    await eventually(async () => {
      const rows = new Map(
        (await rowsOf('tracked_unsealed', 'kills')).map((row) => [row.event_id, row.properties]),
      )
      for (const id of accepted) assert.equal(rows.get(id), `{"email":"${id}@example.com"}`)
      assert.ok(
        [...rows.values()].every((text) => !text.includes('sealed:')),
        'nor any other',
      )
    }, PATIENT)
  },
)

test(
  'destroyed keys are in no file of ClickHouse, and what they sealed opens nowhere any more',
  { timeout: 170_000 },
  async () => {
    const ofAnn = (await keys()).filter(({ user_id }) => user_id === 'ann')
    assert.ok(ofAnn.length > 0)
    const bytes = ofAnn.map(({ key }) => Buffer.from(key, 'hex'))
    const [first] = bytes
    assert.ok(first !== undefined)
    assert.ok(
      (await world.filesWith('clickhouse', first)).length > 0,
      'a key that is there is found so',
    )
    assert.ok((await world.filesWith('kafka', first.toString('base64url'))).length > 0)
    const destroy = (...args: readonly string[]) =>
      world.command(['destroy-keys', '--user', 'ann', ...args])
    const dry = await destroy()
    assert.equal(dry.code, 0, dry.stdout + dry.stderr)
    assert.match(dry.stdout, new RegExp(`^Nothing is changed: ${ofAnn.length} keys of user "ann"`))
    const refused = await destroy('--yes')
    assert.equal(refused.code, 64, refused.stdout + refused.stderr)
    assert.match(refused.stdout, /^2 accounts have keys of this user.*--group.*--in-all-accounts/s)
    assert.equal((await keys()).filter(({ user_id }) => user_id === 'ann').length, ofAnn.length)
    const { code, stdout, stderr } = await destroy('--group', 'updates', '--yes')
    assert.equal(code, 0, stdout + stderr)
    const left = (await keys()).filter(({ user_id }) => user_id === 'ann')
    assert.ok(left.length > 0 && left.every(({ group_id }) => group_id === 'acme'))
    const rest = await destroy('--in-all-accounts', '--yes')
    assert.equal(rest.code, 0, rest.stdout + rest.stderr)
    assert.match(rest.stdout, new RegExp(`^${left.length} keys? of user "ann" destroyed`))
    assert.match(rest.stdout, /Kafka: no reader gets them; their files go within about 6 minutes/)
    for (const each of bytes) assert.deepEqual(await world.filesWith('clickhouse', each), [])
    const rows = await rowsOf('tracked_unsealed')
    assert.match(
      rows[0]?.properties ?? '',
      /^\{"email":"sealed:v1:p[^"]*","vat":"DE-SECRET-1","age":"sealed:v1:p/,
    )
    assert.equal(
      rows[1]?.properties,
      JSON.stringify({ email: BOB, vat: VAT, plan: 'CANARY-PLAIN' }),
    )
  },
)

test(
  'an erasure destroys the keys too; nothing more is sealed with one of them, and once lifted all opens again',
  { timeout: 240_000 },
  async () => {
    const signUp = async (id: string, user: string): Promise<number> =>
      world.signUp({ id, user, group: 'erasing', properties: { email: `${id}@example.com` } })
    for (const user of ['carol', 'dora']) assert.equal(await signUp(`of-${user}`, user), 200)
    await eventually(async () => {
      const rows = await rowsOf('tracked_unsealed', 'erasing')
      assert.deepEqual(
        rows.map(({ properties }) => properties),
        ['{"email":"of-carol@example.com"}', '{"email":"of-dora@example.com"}'],
      )
    }, PATIENT)
    const ofCarol = (await keys()).filter(({ user_id }) => user_id === 'carol')
    const erase = (args: readonly string[], killAt?: RegExp) =>
      runErase(['--user', 'carol', ...args], {
        environment: world.pipeline.environment,
        ...(killAt === undefined ? {} : { killAt }),
      })

    await keepPartsBriefly((sql) => world.pipeline.query(sql))
    const partly = await erase(['--before', '2025-01-01', '--yes'])
    assert.equal(partly.code, 0, partly.stdout + partly.stderr)
    assert.deepEqual(receiptIn(partly)['left'], { events: 0, rejected_events: 0, dead_letters: 0 })
    assert.deepEqual(
      (await keys()).filter(({ user_id }) => user_id === 'carol'),
      ofCarol,
    )

    const dry = await erase([])
    assert.match(dry.stdout, new RegExp(`^keys of sealed properties: ${ofCarol.length}$`, 'm'))
    assert.equal((await erase(['--yes'], /^keys: /m)).code, null)
    const done = await erase(['--yes'])
    assert.equal(done.code, 0, done.stdout + done.stderr)
    const { found, left } = receiptIn(done)
    assert.deepEqual(found, { events: 1, seal_keys: ofCarol.length })
    assert.deepEqual(left, { events: 0, rejected_events: 0, dead_letters: 0, seal_keys: 0 })
    for (const { key } of ofCarol) {
      assert.deepEqual(await world.filesWith('clickhouse', Buffer.from(key, 'hex')), [])
    }

    assert.equal((await erase(['--lift', '--yes'])).code, 0)
    await eventually(async () => {
      await signUp('again', 'carol')
      await signUp('later', 'dora')
      const rows = await rowsOf('tracked_unsealed', 'erasing')
      assert.deepEqual(
        rows.map(({ properties }) => properties),
        ['again', 'later', 'of-dora'].map((id) => `{"email":"${id}@example.com"}`),
      )
    }, PATIENT)

    const runs = await world.pipeline.query<{ command: string; outcome: string; all: string }>(
      'SELECT command, outcome, concat(arguments, counts, message) AS all FROM audit FINAL ORDER BY began_at',
    )
    const told = runs.filter(({ command }) => command === 'erase' || command === 'destroy-keys')
    assert.deepEqual(
      told.map(({ command, outcome }) => `${command} ${outcome}`),
      [
        'destroy-keys done',
        'destroy-keys done',
        'erase done',
        'erase begun',
        'erase done',
        'erase done',
      ],
    )
    assert.match(
      told[4]?.all ?? '',
      new RegExp(`"user_hash":"${hashOfId('carol')}".*"seal_keys":${ofCarol.length}`),
    )
    assert.doesNotMatch(JSON.stringify(runs), /carol|"ann"/)
  },
)
