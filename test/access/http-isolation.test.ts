// Nothing that the key of one account sends is written for another, or tells anything of it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startIngest, type IngestProcess } from '../ingest/support.ts'
import { keepPartsBriefly, QUICK_ERASURES, runErase } from '../support/erase-command.ts'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import {
  CANARY,
  ERASED,
  FOREIGN,
  httpAttempts,
  keyFile,
  KEYS,
  KNOWN_ID,
  NOBODY,
  OWN,
  type HttpAttempt,
} from './http-attempts.ts'

const PATIENT = { withinMs: 60_000 }
const AT_ONCE = 8
const FOREIGN_EVENTS = 7

const resources = new AsyncDisposableStack()
let pipeline: TestPipeline
let ingest: IngestProcess
before(async () => {
  pipeline = resources.use(await startTestPipeline({ environment: QUICK_ERASURES }))
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-keys-'))
  resources.defer(() => rmSync(folder, { recursive: true }))
  const WRITE_KEYS_FILE = join(folder, 'keys.json')
  writeFileSync(WRITE_KEYS_FILE, keyFile())
  ingest = resources.use(
    await startIngest({ ...pipeline.environment, AUTH_MODE: 'keys', WRITE_KEYS_FILE }),
  )
  await eventually(() => ingest.whenReady(), PATIENT)
  await haveTheirs()
})
after(() => resources.disposeAsync())

/** Rows of the other account, accepted and rejected, and an account that was erased. */
async function haveTheirs(): Promise<void> {
  const theirs = Array.from({ length: FOREIGN_EVENTS }, (_, n) => ({
    event: 'attempted',
    event_id: n === 0 ? KNOWN_ID : `${CANARY}-${n}`,
    group_id: FOREIGN,
    user_id: `${CANARY} user`,
    timestamp: '2026-01-05T10:00:00Z',
    properties: { secret: CANARY },
  }))
  const late = { ...theirs[1], timestamp: 'yesterday' }
  const gone = { ...theirs[1], group_id: ERASED }
  const sent = await send({
    name: 'theirs',
    method: 'POST',
    path: '/track',
    headers: { 'x-api-key': KEYS.foreign },
    body: JSON.stringify([...theirs, late, gone]),
  })
  assert.equal(sent.status, 200, sent.text)
  await eventually(async () => assert.deepEqual(await theirRows(), [FOREIGN_EVENTS, 1]), PATIENT)
  await keepPartsBriefly((sql) => fromClickHouse(sql))
  const { environment } = pipeline
  const erased = await runErase(['--group', ERASED, '--yes'], { environment })
  assert.equal(erased.code, 0, erased.stdout + erased.stderr)
  await eventually(async () => {
    const again = await send({
      name: 'erased',
      method: 'POST',
      path: '/track?results=all',
      headers: { 'x-api-key': KEYS.foreign },
      body: JSON.stringify(gone),
    })
    assert.match(again.text, /"code":"erased"/, 'to who may write it, it is told')
  }, PATIENT)
}

async function fromClickHouse(sql: string): Promise<void> {
  await pipeline.query(sql)
}

/** Physical rows of the other account: of events, and of what was rejected. */
async function theirRows(): Promise<readonly number[]> {
  const [events, rejects] = await Promise.all([
    count(`events WHERE group_id = '${FOREIGN}' AND properties LIKE '%${CANARY}%'`),
    count(`rejected_events WHERE group_id = '${FOREIGN}'`),
  ])
  return [events, rejects]
}

async function count(from: string): Promise<number> {
  const [row] = await pipeline.query<{ n: string }>(`SELECT count() AS n FROM ${from}`)
  return Number(row?.n)
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: string
}

async function send({ method, path, headers, body }: HttpAttempt): Promise<Answer> {
  const response = await fetch(`${ingest.url}${path}`, {
    method,
    headers,
    ...(body === null ? {} : { body }),
  })
  const told = JSON.stringify([...response.headers])
  return { status: response.status, text: await response.text(), headers: told }
}

async function sendAll(attempts: readonly HttpAttempt[]): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < attempts.length; index = next++) {
      const attempt = attempts[index]
      if (attempt !== undefined) answers[index] = await send(attempt)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return answers
}

/** What differs between two answers to one request: its own id, ids that were made, and places in Kafka. */
function stable({ status, text }: Answer, them: string): string {
  const same = text
    .replaceAll(new RegExp(them, 'gi'), 'THEM')
    .replaceAll(them.replace('a', '\u0430'), 'THEM')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replaceAll(/"(?:offset|received_at|inserted_at)":"[^"]*"/g, 'MADE')
  return `${status} ${same}`
}

/** Parts of its own settings' answer that nobody keeps secret. */
const shows = ({ text, headers }: Answer): boolean => `${text}${headers}`.includes(CANARY)

test('no attempt is written for another account, or tells anything of it', async () => {
  const attempts = httpAttempts(FOREIGN)
  const answers = await sendAll(attempts)
  const ofNobody = await sendAll(httpAttempts(NOBODY))
  const ofErased = await sendAll(httpAttempts(ERASED))
  const seen: string[] = []
  for (const [index, { name, path, body }] of attempts.entries()) {
    const [answer, nobody, erased] = [answers[index], ofNobody[index], ofErased[index]]
    assert.ok(answer && nobody && erased)
    const told = `${name} ${path} ${body?.slice(0, 300) ?? ''}\n    ${answer.status} ${answer.text.slice(0, 300)}`
    // What the attempt itself has said may be said back.
    if (shows(answer) && body?.includes(CANARY) !== true) seen.push(`shows: ${told}`)
    if (answer.status >= 500) seen.push(`fails: ${told}`)
    const expected = stable(nobody, NOBODY)
    if (stable(answer, FOREIGN) !== expected) seen.push(`tells: ${told}\n    ${expected}`)
    const ofGone = stable(erased, ERASED)
    if (ofGone !== expected) seen.push(`tells that it is erased: ${ofGone}\n    ${expected}`)
  }
  const refused = answers.filter(({ status }) => status === 403).length
  process.stdout.write(
    `${attempts.length} attempts over HTTP, ${refused} refused for their key, ${seen.length} saw something\n`,
  )
  assert.ok(attempts.length >= 1_000, `${attempts.length} attempts`)
  assert.ok(refused >= attempts.length / 3, `${refused} of ${attempts.length} were refused`)
  assert.deepEqual(seen, [])
})

test('afterwards the tables have of others what they had, and of this key only its own account', async () => {
  await untilComplete()
  assert.deepEqual(await theirRows(), [FOREIGN_EVENTS, 1])
  assert.equal(await count(`events WHERE group_id = '${FOREIGN}'`), FOREIGN_EVENTS)
  assert.equal(await count(`events WHERE group_id = '${ERASED}'`), 0)
  const groups = await pipeline.query<{ group_id: string }>(
    "SELECT DISTINCT group_id FROM events WHERE source = 'own'",
  )
  assert.deepEqual(groups, [{ group_id: OWN }])
  const rejected = await pipeline.query<{ group_id: string | null }>(
    "SELECT DISTINCT group_id FROM rejected_events WHERE source = 'own' AND group_id IS NOT NULL",
  )
  assert.deepEqual(rejected, [{ group_id: OWN }])
  assert.equal(await count('dead_letters'), 0)
})

/** Until every record that Kafka has now is a row. */
async function untilComplete(): Promise<void> {
  const sentAt = Date.now()
  await eventually(async () => {
    const topic = pipeline.environment['KAFKA_TOPIC']
    const topics = [topic, topic?.replace('tracked', 'rejected')]
    const rows = await pipeline.query<{ ms: string }>(
      `SELECT toUnixTimestamp64Milli(complete_until) AS ms FROM complete_until
       WHERE topic IN (${topics.map((name) => `'${name}'`).join(', ')})`,
    )
    assert.equal(rows.length, topics.length)
    for (const { ms } of rows) assert.ok(Number(ms) > sentAt)
  }, PATIENT)
}

test('with our own account in its place much of it is accepted, so the attempts are not blind', async () => {
  const answers = await sendAll(httpAttempts(OWN))
  const accepted = answers.filter(({ text }) => /"accepted":[1-9]/.test(text)).length
  process.stdout.write(`${answers.length} attempts for our own account, ${accepted} accepted\n`)
  assert.ok(accepted >= answers.length / 3, `${accepted} of ${answers.length} were accepted`)
})
