import {
  createPlanSet,
  createValidate,
  compilePlans,
  createEventIds,
  EVENT_RULES,
  NO_PLAN_SET,
  normalise,
  scanValue,
} from '@custom-events/event'
import { readPlanFiles } from '@custom-events/runtime'

const EVENTS = 20_000
const ROUNDS = 5

/** What a tracking plan costs an event: the judgement (scan, normalise, validate) with it and without. */
export async function benchPlan(): Promise<void> {
  const plans = compilePlans(await readPlanFiles(''))
  const rules = { defaultMode: 'enforce', unplanned: 'allow' } as const
  const sets = {
    'no plans at all': NO_PLAN_SET,
    'plans, none for this event': createPlanSet(
      plans.map((plan) => ({ ...plan, event: 'another' })),
      rules,
    ),
    'the plan of feature_used': createPlanSet(plans, rules),
  }
  const text = JSON.stringify({
    event: 'feature_used',
    event_id: 'e-1',
    group_id: 'account_456',
    user_id: 'user_789',
    timestamp: '2023-11-04T14:45:30.987Z',
    properties: { email: 'BobS@example.com', feature_name: 'analytics_dashboard', duration_ms: 42 },
  })
  const validate = createValidate()
  const context = {
    receivedAt: Date.now(),
    source: '',
    audience: 'own' as const,
    sentAt: null,
    idempotencyKey: null,
    envelopeContext: null,
    rules: EVENT_RULES,
    newEventId: createEventIds(),
  }
  const secondsOf = (set: (typeof sets)[keyof typeof sets]): number => {
    const startedAt = process.cpuUsage()
    for (let count = 0; count < EVENTS; count += 1) {
      const value: unknown = JSON.parse(text)
      const input = { index: 0, pointer: '', value, text, scanned: scanValue(text, '') }
      const normalised = normalise(input, context)
      if (normalised.status !== 'ignored') set.check(normalised, validate(normalised))
    }
    const { user, system } = process.cpuUsage(startedAt)
    return (user + system) / 1e6
  }
  const best = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, set] of Object.entries(sets)) {
      best.set(name, Math.min(best.get(name) ?? Infinity, secondsOf(set)))
    }
  }
  for (const [name, seconds] of best) {
    const microseconds = ((seconds / EVENTS) * 1e6).toFixed(2)
    process.stdout.write(`${name.padEnd(30)} ${microseconds} µs of CPU per event\n`)
  }
}
