// Every query of the cookbook, compared with an answer that was counted without SQL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { addDays, createClock } from '../../tools/cookbook/clock.ts'
import { entryOf, TOPICS } from '../../tools/cookbook/entries.ts'
import { examplesOf, readRecipes, type Recipe } from '../../tools/cookbook/recipe.ts'
import { SAMPLE_FROM, SAMPLE_TO, type SampleEvent } from '../../tools/cookbook/sample.ts'
import { ask, type Parameters, type Row } from '../../tools/cookbook/truth/asked.ts'
import { MARGIN_MS } from '../../tools/cookbook/truth/operations.ts'
import { servers } from '../support/servers.ts'
import type { Servers } from '../support/server-addresses.ts'
import { openCookbook, type Cookbook } from './cookbook.ts'

const recipes = readRecipes()
let stack: Servers
let cookbook: Cookbook
before(async () => {
  stack = await servers()
  cookbook = await openCookbook(stack, EDGES)
})
after(async () => {
  await cookbook[Symbol.asyncDispose]()
  await stack[Symbol.asyncDispose]()
})

/** Where Date and DateTime wrap, two of them within a second; and a whole path within a millisecond, backwards. */
const EDGES: readonly SampleEvent[] = [
  ['trial_started', '1969-12-31T23:59:59.500Z'],
  ['teammate_invited', '1970-01-01T00:00:00.200Z'],
  ['subscription_started', '2149-06-07T12:00:00.000Z'],
  ['subscription_started', '2026-01-05T12:00:00.000Z'],
  ['teammate_invited', '2026-01-05T12:00:00.000Z'],
  ['trial_started', '2026-01-05T12:00:00.000Z'],
].map(([event = '', time = ''], index) => ({
  group_id: 'edge',
  event,
  timestamp: Date.parse(time),
  event_id: `edge${index}`,
  user_id: index < 3 ? 'dot' : 'tie',
  anonymous_id: null,
  sent_at: null,
  received_at: Date.parse('2026-02-02T10:00:00Z') + index,
  inserted_at: Date.parse('2026-02-02T10:00:01Z'),
  properties: {},
  source: 'app',
  version: 2_000_000 + index,
}))

const RANGES: readonly (readonly [from: string, to: string])[] = [
  [SAMPLE_FROM, SAMPLE_TO],
  ['2025-11-01', '2025-11-04'], // clocks go back in New York
  ['2026-03-07', '2026-03-10'], // and forward
  ['1969-12-01', '2150-01-01'],
]
const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata']
/** Offsets of half and quarter hours, clocks that change by half an hour, days ahead and behind. */
const ODD_ZONES = [
  ...ZONES,
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Europe/London',
  'Pacific/Apia',
  'Pacific/Pago_Pago',
  'Africa/Cairo', // an hour before midnight comes twice
  'America/Havana', // on 8 March 2026 there is no midnight
]
/** Ranges over them, and one that begins with the later of two hours. */
const MIDNIGHTS: [from: string, to: string, tz: string][] = [
  ['2026-03-01', '2026-03-20', 'America/Havana'],
  ['2025-10-31', '2025-12-02', 'Africa/Cairo'],
]
const isMissing = (moment: string, tz: string): boolean =>
  tz === 'America/Havana' && moment === '2026-03-08'

async function agrees(recipe: Recipe, asked: Parameters): Promise<void> {
  const parameters = { ...asked, ...examplesOf(recipe) }
  const expected = entryOf(recipe.name).truth(ask(cookbook.sample, parameters))
  const rows = await cookbook.rows(recipe.sql, parameters)
  assert.deepEqual(rows.map(withoutNow), expected, JSON.stringify(parameters))
}

/** When the rollups were refreshed is not of the sample. */
function withoutNow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'until'))
}

for (const recipe of recipes) {
  const zones = recipe.hasTimeZone ? ZONES : ['UTC']
  test(`${recipe.name} agrees with what was counted without SQL, in ${zones.join(', ')}`, async () => {
    for (const tz of zones) {
      for (const [from, to] of RANGES) await agrees(recipe, { from, to, tz })
    }
  })

  test(`${recipe.name} agrees over any range, in any time zone`, async () => {
    const day = fc.integer({ min: 0, max: 190 }).map((days) => addDays(SAMPLE_FROM, days))
    const minutes = fc.constantFrom(...(recipe.hasTimeZone ? ['', ' 05:30', ' 18:45'] : ['']))
    const moment = fc.tuple(day, minutes).map((parts) => parts.join(''))
    const zone = fc.constantFrom(...(recipe.hasTimeZone ? ODD_ZONES : ['UTC']))
    await fc.assert(
      fc.asyncProperty(moment, moment, zone, async (from, to, tz) => {
        fc.pre(!isMissing(from, tz) && !isMissing(to, tz))
        await agrees(recipe, { from, to, tz })
      }),
      { numRuns: 10, examples: recipe.hasTimeZone ? MIDNIGHTS : [] },
    )
  })

  test(`${recipe.name} answers nothing about an empty range, and one that ends before it begins`, async () => {
    for (const to of ['2026-01-15', '2025-12-24']) {
      const parameters = { from: '2026-01-15', to, tz: 'America/New_York', ...examplesOf(recipe) }
      const rows = await cookbook.rows(recipe.sql, parameters)
      const nobody = recipe.own.flatMap(({ example }) => [{ step: example, users: 0, share: null }])
      assert.deepEqual(rows, recipe.name === '11-funnel' ? nobody.slice(0, 3) : [])
    }
  })

  if (!recipe.hasTimeZone) continue
  test(`${recipe.name} refuses a time zone that does not exist, and a moment that is none`, async () => {
    const good = { from: SAMPLE_FROM, to: SAMPLE_TO, tz: 'UTC', ...examplesOf(recipe) }
    const noZone = await cookbook.ask(recipe.sql, { ...good, tz: 'Mars/Olympus' })
    assert.deepEqual([noZone.status, codeOf(noZone.text)], [400, '36'])
    assert.match(noZone.text, /Cannot load time zone Mars\/Olympus/)
    const noMoment = await cookbook.ask(recipe.sql, { ...good, from: 'yesterday' })
    assert.deepEqual([noMoment.status, codeOf(noMoment.text)], [400, '41'])
  })
}

test('30-complete covers a range until 20 s before a topic is complete, and not a millisecond more', async () => {
  const { sql } = found('30-complete')
  for (const { topic, completeUntil } of cookbook.sample.topics) {
    const untilMs = Math.min(...completeUntil, Infinity) - MARGIN_MS
    for (const late of Number.isFinite(untilMs) ? [0, 1] : []) {
      const to = new Date(untilMs + late).toISOString()
      const rows = await cookbook.rows(sql, { from: SAMPLE_FROM, to, tz: 'Asia/Kolkata' })
      const told = rows.find(({ name }) => name === topic)
      const until = createClock('Asia/Kolkata').text(untilMs)
      assert.deepEqual(told, { name: topic, until, covers_the_range: Number(late === 0) })
    }
  }
})

function found(name: string): Recipe {
  const recipe = recipes.find((each) => each.name === name)
  assert.ok(recipe !== undefined, name)
  return recipe
}

function codeOf(text: string): string | undefined {
  return /^Code: (\d+)/.exec(text)?.[1]
}

test('every truth has its query', () => {
  const named = TOPICS.flatMap(({ entries }) => Object.keys(entries))
  assert.deepEqual(
    named.toSorted(),
    recipes.map(({ name }) => name),
  )
})

test('a parameter that is missing, and one of the wrong type, are named', async () => {
  const perDayUtc = recipes.find(({ name }) => name === '02-events-per-day-utc')
  const missing = await cookbook.ask(recipes[0]?.sql ?? '', { from: SAMPLE_FROM, to: SAMPLE_TO })
  assert.match(missing.text, /^Code: 456.*`tz`/)
  const wrong = await cookbook.ask(perDayUtc?.sql ?? '', {
    from: '2026-01-01 05:30',
    to: SAMPLE_TO,
  })
  assert.match(wrong.text, /from.*Date32|Date32.*from/)
})

test('a funnel whose steps are not different is refused', async () => {
  const funnel = recipes.find(({ name }) => name === '11-funnel')
  const parameters = {
    from: SAMPLE_FROM,
    to: SAMPLE_TO,
    tz: 'UTC',
    days: '7',
    first: 'a',
    second: 'b',
    third: 'a',
  }
  const { text } = await cookbook.ask(funnel?.sql ?? '', parameters)
  assert.equal(codeOf(text), '395')
  assert.match(text, /first, second and third must be three different events/)
})

test('a midnight that the clocks skip is taken an hour early; the hour after it is exact', async () => {
  const sql = `SELECT toTimeZone(parseDateTime64BestEffort({from:String}, 3, {tz:String}), 'UTC') AS at`
  const at = (from: string): Promise<readonly Row[]> =>
    cookbook.rows(sql, { from, tz: 'America/Havana' })
  assert.deepEqual(await at('2026-03-08'), [{ at: '2026-03-08 04:00:00.000' }])
  assert.deepEqual(await at('2026-03-08 01:00'), [{ at: '2026-03-08 05:00:00.000' }])
})
