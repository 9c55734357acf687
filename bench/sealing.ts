import { createEventCodec } from '@custom-events/codec'
import { compilePlans, createPlanSet, NO_PLAN_SET, type PlanSet } from '@custom-events/event'
import { createJudge, createSealer, createSealKeys, encode, SEAL_KEYS } from '@custom-events/ingest'
import { topicNames } from '@custom-events/kafka'
import { ANYBODY } from '../services/ingest/src/auth/write-keys.ts'
import { readEnvelope } from '../services/ingest/src/request/envelope.ts'
import { ingestSettings } from '../services/ingest/src/settings.ts'
import type { Figures } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { quantile } from './quantile.ts'

const settings = ingestSettings(topicNames('events.tracked.v1'), 12)
const EVENTS_OF_BODY = 100
const PEOPLE = 1_000

const PROPERTIES = {
  plan: 'pro',
  seats: 12,
  feature: 'export',
  email: 'joe.d@example.com',
  phone: '+49 30 1234567',
  name: 'Joe D.',
  ms: 31.5,
}

/** A plan that seals so many of the properties; none of them: it only validates. */
function planSealing(count: number): PlanSet {
  const marked = ['email', 'phone', 'name'].slice(0, count)
  const properties = Object.fromEntries(
    Object.entries(PROPERTIES).map(([name, value]) => [
      name,
      { type: typeof value, ...(marked.includes(name) ? { 'x-seal': 'person' } : {}) },
    ]),
  )
  return plansOf({ 'x-event': 'feature_used', type: 'object', properties })
}

function plansOf(...plans: readonly object[]): PlanSet {
  const files = plans.map((plan, index) => ({ name: `${index}.json`, text: JSON.stringify(plan) }))
  return createPlanSet(compilePlans(files), { defaultMode: 'enforce', unplanned: 'allow' })
}

const OTHER = {
  'x-event': 'other',
  type: 'object',
  properties: { a: { type: 'string', 'x-seal': 'person' } },
}

const CASES: readonly (readonly [name: string, plans: PlanSet])[] = [
  ['no plan', NO_PLAN_SET],
  ['only another event is sealed', plansOf(OTHER)],
  ['a plan that seals nothing', planSealing(0)],
  ['one property sealed', planSealing(1)],
  ['three properties sealed', planSealing(3)],
]

/** What ingest spends on an event from its bytes to its record, without HTTP and Kafka, by what its plan seals. */
export async function benchSealing({
  rounds,
  secondsPerCase,
  say,
}: BenchOptions): Promise<Figures> {
  const runs = CASES.map(([name, plans]) => ({
    name,
    run: createRun(plans),
    costs: [] as number[],
  }))
  for (const { run } of runs) await measure(run, secondsPerCase / 4)
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`)
    for (const { run, costs } of runs) costs.push(await measure(run, secondsPerCase))
  }
  const medians = runs.map(({ costs }) => quantile(costs, 0.5))
  const [none = 0, , planned = 0] = medians
  return {
    tables: [
      {
        name: 'sealing',
        columns: ['case', 'µs of CPU an event', 'least', 'beyond no plan', 'beyond the plan'],
        rows: runs.map(({ name, costs }, index) => {
          const median = medians[index] ?? 0
          const beyondPlan = index < 3 ? null : median - planned
          return [name, median, Math.min(...costs), median - none, beyondPlan]
        }),
      },
    ],
    plots: [],
    ratios: {},
    notes: [
      `Bodies of ${EVENTS_OF_BODY} events of ${PEOPLE} people; keys are made once for each, and Kafka acknowledges at once.`,
    ],
  }
}

function createRun(current: PlanSet): () => Promise<number> {
  const judge = createJudge({ rules: settings.rules, plans: { current }, hasFastPath: true })
  const encoding = {
    codec: createEventCodec(),
    schemas: { trackedId: 7 },
    settings,
    plans: { current },
    sealer: createSealer(createSealKeys({ limits: SEAL_KEYS })),
  }
  const bodies = Array.from({ length: PEOPLE / EVENTS_OF_BODY }, (_, body) =>
    Buffer.from(
      JSON.stringify(
        Array.from({ length: EVENTS_OF_BODY }, (__, n) => eventOf(body * EVENTS_OF_BODY + n)),
      ),
    ),
  )
  let next = 0
  return async () => {
    const bytes = bodies[next++ % bodies.length] ?? Buffer.alloc(0)
    const envelope = readEnvelope(bytes, 'application/json', settings.limits)
    const judged = await judge({
      requestId: 'r',
      key: ANYBODY,
      audience: 'own',
      receivedAt: Date.UTC(2026, 0, 31),
      isStrict: false,
      headers: {},
      envelope,
    })
    return encode(encoding, judged).length
  }
}

function eventOf(n: number): object {
  return {
    event: 'feature_used',
    event_id: `0198f2a0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    group_id: `account_${n % 50}`,
    user_id: `user_${n}`,
    timestamp: '2026-01-30T09:30:00.123Z',
    properties: PROPERTIES,
  }
}

/** @returns microseconds of this process's CPU for each event. */
async function measure(run: () => Promise<number>, seconds: number): Promise<number> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let events = 0
  while (performance.now() - startedAt < seconds * 1_000) events += await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / events
}
