// What the people of the sample do: they look, sign up, try, work in sittings, pay, see errors, and some stop.
import type { Chance } from './chance.ts'
import type { SampleEvent } from './sample.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const BEGINS = Date.parse('2025-10-06T00:00:00Z')
export const DAYS = 182

const FEATURES = ['dashboard', 'export', 'search', 'sharing', 'alerts'] as const

/** What somebody does: the event, its properties, how many hours after the one before. */
interface Step {
  readonly event: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly at: number
}

type Unnumbered = Omit<SampleEvent, 'event_id' | 'version'>

export function accountSteps(
  account: string,
  index: number,
  chance: Chance,
): readonly Unnumbered[] {
  const joined = index * 16 + chance.upTo(8)
  const users = 3 + ((index * 5) % 6)
  const ofUsers = Array.from({ length: users }, (_, user) =>
    userSteps({ account, user, joined: joined + user * 5, isKeen: user % 3 === 0, chance }),
  )
  return [...ofUsers.flat(), ...invoices(account, joined, chance)]
}

interface Person {
  readonly account: string
  readonly user: number
  /** Days after the beginning of the sample. */
  readonly joined: number
  readonly isKeen: boolean
  readonly chance: Chance
}

function userSteps(person: Person): readonly Unnumbered[] {
  const { account, user, joined, chance } = person
  const name = `${account}_${user}`
  const visitor = `visitor_${name}`
  const arrived = BEGINS + joined * DAY_MS + chance.upTo(24 * 60) * 60_000
  const visits: readonly Step[] = [
    { event: 'page_viewed', properties: { path: '/' }, at: arrived },
    { event: 'page_viewed', properties: { path: '/pricing' }, at: arrived + 90_000 },
  ]
  const unknown = visits.map((step) =>
    sent(step, { account, user_id: null, anonymous_id: visitor, chance }),
  )
  if (chance.isOne(4)) return unknown // never came back
  const signedUp = arrived + chance.upTo(30) * HOUR_MS + 300_000
  const known = [...firstSteps(signedUp, user, chance), ...days(person, signedUp)].filter(
    ({ at }) => at < BEGINS + DAYS * DAY_MS,
  )
  const identified = known.map((step) =>
    sent(step, {
      account,
      user_id: name,
      anonymous_id: step.event === 'signed_up' ? visitor : null,
      chance,
    }),
  )
  return [...unknown, ...identified]
}

function firstSteps(signedUp: number, user: number, chance: Chance): readonly Step[] {
  const within = (count: number): number => chance.upTo(count * 24 * 60) * 60_000 + 1_000
  const trial = signedUp + within(1)
  const invited = trial + within(9)
  const steps: Step[] = [
    { event: 'signed_up', properties: { plan: chance.of(['free', 'pro']) }, at: signedUp },
    { event: 'trial_started', at: trial },
  ]
  if (!chance.isOne(3)) steps.push({ event: 'report_created', at: trial + within(3) })
  if (!chance.isOne(3)) steps.push({ event: 'teammate_invited', at: invited })
  if (user % 2 === 0) {
    steps.push({
      event: 'subscription_started',
      properties: { plan: 'pro' },
      at: invited + within(3),
    })
  }
  if (user % 4 === 0) {
    steps.push({
      event: 'subscription_upgraded',
      properties: { plan: 'team' },
      at: invited + within(50),
    })
  }
  return steps
}

/** Each active day some work, in one or two sittings, at any time of the day. */
function days({ joined, isKeen, user, chance }: Person, signedUp: number): readonly Step[] {
  const lasts = isKeen ? DAYS : 20 + chance.upTo(60)
  const active = Array.from({ length: DAYS - joined }, (_, day) => day).filter(
    (day) => day < lasts && chance.isOne(isKeen ? 3 : 9),
  )
  return active.flatMap((day) => {
    const begins = signedUp + day * DAY_MS + chance.upTo(1_440) * 60_000
    return Array.from({ length: 1 + chance.upTo(5) }, (_, index) =>
      work(begins + index * chance.of([40_000, 400_000, 3_000_000]) + user * 17, day, chance),
    )
  })
}

function work(at: number, day: number, chance: Chance): Step {
  if (chance.isOne(14))
    return { event: 'error_shown', properties: { code: chance.of([404, 500]) }, at }
  if (at < BEGINS + 50 * DAY_MS && chance.isOne(12)) return { event: 'legacy_imported', at }
  if (day > 90 && chance.isOne(40))
    return { event: 'feature_usd', properties: { feature_name: 'export' }, at }
  const feature_name = FEATURES[Math.min(chance.upTo(5), chance.upTo(5))]
  const duration_ms = 20 + chance.upTo(40) ** 2
  return {
    event: 'feature_used',
    properties: { feature_name, duration_ms, is_mobile: chance.isOne(3) },
    at,
  }
}

/** Monthly, of amounts that binary fractions do not hold. */
function invoices(account: string, joined: number, chance: Chance): readonly Unnumbered[] {
  const count = Math.floor((DAYS - joined) / 30)
  return Array.from({ length: count }, (_, month) => {
    const amount = chance.of([19.99, 29.9, 1.15, 99.35])
    const at = BEGINS + (joined + 5 + month * 30) * DAY_MS + chance.upTo(24 * 60) * 60_000
    const properties = { amount, currency: chance.of(['USD', 'EUR']) }
    const by = { account, user_id: `${account}_0`, anonymous_id: null, chance }
    return sent({ event: 'invoice_paid', properties, at }, by)
  })
}

interface Sender {
  readonly account: string
  readonly user_id: string | null
  readonly anonymous_id: string | null
  readonly chance: Chance
}

function sent(step: Step, { account, user_id, anonymous_id, chance }: Sender): Unnumbered {
  const timestamp = step.at + chance.upTo(1_000)
  const received_at = timestamp + 40 + chance.upTo(400)
  return {
    group_id: account,
    event: step.event,
    timestamp,
    user_id,
    anonymous_id,
    sent_at: chance.isOne(5) ? null : timestamp + 20,
    received_at,
    inserted_at: received_at + 300 + chance.upTo(1_200),
    properties: step.properties ?? {},
    source: user_id === null ? 'website' : 'app',
  }
}
