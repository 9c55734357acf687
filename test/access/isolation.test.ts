// Nothing that one account asks shows a row of another, or tells whether there is one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attempts } from './attempts.ts'
import {
  CANARY,
  FOREIGN,
  FOREIGN_ROWS,
  openWorld,
  OWN_ROWS,
  type Answer,
  type World,
} from './world.ts'

let world: World
before(async () => {
  world = await openWorld()
})
after(() => world[Symbol.asyncDispose]())

/** As long as the other account's name, and nobody's. */
const NOBODY = 'q'.repeat(Buffer.byteLength(FOREIGN))

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

async function ask(
  sql: string,
  them: string,
  search: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await world.ask('own', sql.replaceAll('THEM', `unhex('${hex(them)}')`), search)
  return {
    ...answer,
    text: spellings(them).reduce((text, each) => text.replaceAll(each, 'THEM'), answer.text),
  }
}

/** A name as the statement spells it, and as ClickHouse quotes a constant of the statement, once or several times. */
function spellings(them: string): readonly string[] {
  const quote = (text: string): string => text.replaceAll(/[\\']/g, String.raw`\$&`)
  return [hex(them), quote(quote(quote(them))), quote(quote(them)), quote(them)]
}

/** The name of the other account, in any form that a format gives it. */
function shows({ text, headers }: Answer): boolean {
  const all = `${text}\n${JSON.stringify([...headers])}`
  return [
    CANARY,
    hex(CANARY),
    hex(CANARY).toUpperCase(),
    Buffer.from(CANARY).toString('base64').slice(0, 10),
  ].some((form) => all.includes(form))
}

/** Numbers of rows that only the other account's can make. */
const COUNTS = [
  FOREIGN_ROWS,
  2 * FOREIGN_ROWS,
  FOREIGN_ROWS + OWN_ROWS,
  2 * (FOREIGN_ROWS + OWN_ROWS),
]
const TELLING = new RegExp(String.raw`(?<![\w.])(?:${COUNTS.join('|')})(?![\w.])`)

/** What differs between two answers to one statement. */
function stable(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
    .replaceAll(/"elapsed": [\d.e-]+/g, '')
    .replaceAll(/\d+\.\d+ seconds|elapsed \d+/g, '')
}

/** Whether the statement says anything of them, so that the answer could tell whether they exist. */
const isOracle = (sql: string): boolean => sql.includes('THEM')

/** Their own numbers are in them. */
const FULL_OF_NUMBERS = /system\.(?:settings|functions)|'\^(?:settings|functions)\$'/

test('no attempt shows a row of another account', { timeout: 300_000 }, async () => {
  const all = attempts()
  const seen: string[] = []
  let refused = 0
  for (const { sql, search } of all) {
    const answer = await ask(sql, FOREIGN, search)
    if (answer.status !== 200) refused++
    if (shows(answer)) seen.push(`shows: ${sql}\n    ${answer.text.slice(0, 300)}`)
    if (TELLING.test(answer.text) && !FULL_OF_NUMBERS.test(sql))
      seen.push(`counts: ${sql}\n    ${answer.text.slice(0, 300)}`)
    if (!isOracle(sql)) continue
    const ofNobody = await ask(sql, NOBODY, search)
    if (stable(answer.text) !== stable(ofNobody.text) || answer.status !== ofNobody.status) {
      seen.push(
        `tells: ${sql}\n    ${answer.text.slice(0, 200)}\n    ${ofNobody.text.slice(0, 200)}`,
      )
    }
  }
  process.stdout.write(`${all.length} attempts, ${refused} refused, ${seen.length} saw something\n`)
  assert.ok(all.length >= 1_000, `${all.length} attempts`)
  assert.deepEqual(seen, [])
})

test('each account sees all of its own rows', async () => {
  for (const [role, rows] of [
    ['own', OWN_ROWS],
    ['foreign', FOREIGN_ROWS],
  ] as const) {
    const { text } = await world.ask(role, 'SELECT count(), uniqExact(group_id) FROM tracked')
    assert.equal(text, `${rows}\t1\n`)
    const daily = await world.ask(role, 'SELECT sum(events) FROM events_daily')
    assert.equal(daily.text, `${rows}\n`)
  }
})

test('a reader sees all accounts, so that the attempts have something to find', async () => {
  const { text } = await world.ask('reader', 'SELECT count(), uniqExact(group_id) FROM tracked')
  assert.equal(text, `${OWN_ROWS + FOREIGN_ROWS}\t2\n`)
})
