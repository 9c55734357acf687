import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { startTestPipeline, type TestPipeline } from '../support/pipeline.ts'
import { expectedRows, type JourneyRow } from './journey.ts'
import { countFastPath } from './fast-path-count.ts'
import { TRAVELLERS, type Traveller } from './travellers.ts'
import { PATIENCE, walk } from './walk.ts'
import { startWitness } from './witness.ts'

const KEY = 'app:secret' // of the form Jitsu insists on

let pipeline: TestPipeline
let browser: Promise<Browser> | null = null
const vehicle = { browser: () => (browser ??= launchChromium()) }
before(async () => {
  const present = TRAVELLERS.filter(({ whyMissing }) => whyMissing === null)
  const [started] = await Promise.all([
    startTestPipeline(),
    ...present.map((traveller) => traveller.prepare()),
  ])
  pipeline = started
})
after(async () => {
  await (await browser)?.close()
  await pipeline[Symbol.asyncDispose]()
})

describe(
  'the journey of a visitor, by every SDK: nothing lost, nothing doubled',
  {
    concurrency: true,
  },
  () => {
    for (const traveller of TRAVELLERS) {
      const skip = traveller.whyMissing ?? false
      test(traveller.name, { skip }, () => travel(traveller))
    }
  },
)

async function travel(traveller: Traveller): Promise<void> {
  await using witness = await startWitness(pipeline.url)
  const groupId = `journey by ${traveller.name}`
  await using visitor = await traveller.depart({ url: witness.url, key: KEY, groupId }, vehicle)
  await walk(traveller, { visitor, witness, groupId })
  const expected = expectedRows(traveller)
  await eventually(async () => {
    const rows = await rowsOf(groupId)
    assert.equal(rows.length, expected.length)
    const { takesTimestamp } = traveller
    const told = expected.map(({ event }) => toldOf(event, rows, takesTimestamp))
    assert.deepEqual(told, expected)
  }, PATIENCE)
  assert.deepEqual(witness.faults, [], 'every answer obeys the law of answers')
  const { onFastPath, onReferencePath } = await countFastPath(witness.exchanges)
  const ways =
    traveller.whyNotFast === null
      ? { none: onReferencePath, all: onFastPath }
      : { none: onFastPath, all: onReferencePath }
  assert.deepEqual(ways.none, 0, traveller.whyNotFast ?? 'nothing is unusual in what it sends')
  assert.ok(ways.all >= expected.length)
}

interface Row extends Omit<JourneyRow, 'visitor' | 'properties' | 'timestamp'> {
  readonly anonymous_id: string | null
  readonly properties: string
  readonly timestamp: string
}

function rowsOf(groupId: string): Promise<readonly Row[]> {
  return pipeline.query<Row>(
    `SELECT event, user_id, anonymous_id, timestamp, properties, email FROM tracked
     WHERE group_id = '${groupId}' ORDER BY timestamp, received_at`,
  )
}

/** A row in the words of the journey. */
function toldOf(event: string, rows: readonly Row[], takesTimestamp: boolean): JourneyRow | null {
  const row = rows.find((one) => one.event === event)
  if (row === undefined) return null
  const visitors = [...new Set(rows.map(({ anonymous_id: visitor }) => visitor))]
  return {
    event,
    user_id: row.user_id,
    visitor: row.anonymous_id === null ? 0 : visitors.indexOf(row.anonymous_id) + 1,
    properties: JSON.parse(row.properties),
    email: row.email,
    timestamp: takesTimestamp ? row.timestamp : null,
  }
}
