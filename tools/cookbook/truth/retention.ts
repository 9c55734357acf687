import { addDays, addMonths, daysBetween } from '../clock.ts'
import { memberOf, rounded, rowsBy, userOf, type Truth } from './asked.ts'

export const stickiness: Truth = (asked) => {
  const { sample, clock, begins, ends } = asked
  const usersOn = new Map<string, Set<string>>()
  for (const event of sample.events) {
    if (event.timestamp >= ends) continue
    const day = clock.day(event.timestamp)
    usersOn.set(day, (usersOn.get(day) ?? new Set()).add(userOf(event)))
  }
  const days = [...usersOn.keys()].filter(
    (day) => day >= clock.day(begins) && day < clock.day(ends),
  )
  return days.toSorted().map((day) => {
    const recent = [...usersOn].filter(([other]) => other <= day && daysBetween(other, day) < 30)
    const mau = new Set(recent.flatMap(([, users]) => [...users])).size
    const dau = usersOn.get(day)?.size ?? 0
    return { day, dau, mau, stickiness: rounded(dau / mau, 3) }
  })
}

/** Who came back after so many weeks: `numbers` of weeks after the first. */
export const weeklyRetention: Truth = (asked) => {
  const { sample, clock, begins, ends } = asked
  const known = sample.events.filter(
    ({ user_id, timestamp }) => user_id !== null && timestamp < ends,
  )
  const members = [...Map.groupBy(known, memberOf).values()].map((of) => {
    const mondays = new Set(of.map(({ timestamp }) => clock.monday(timestamp)))
    return { cohort: [...mondays].toSorted()[0] ?? '', mondays }
  })
  const shown = members.filter(({ cohort }) => cohort >= clock.day(begins))
  return rowsBy(
    shown,
    ({ cohort }) => cohort,
    (cohort, of) => {
      const after = (weeks: number): number =>
        of.filter(({ mondays }) => mondays.has(addDays(cohort, 7 * weeks))).length
      return {
        cohort,
        users: of.length,
        after_1_week: after(1),
        after_2_weeks: after(2),
        after_3_weeks: after(3),
        after_4_weeks: after(4),
      }
    },
  )
}

export const accountCohorts: Truth = ({ sample, clock, begins, ends }) => {
  const before = sample.events.filter(({ timestamp }) => timestamp < ends)
  const accounts = [...Map.groupBy(before, ({ group_id }) => group_id).values()].map((of) => {
    const months = new Set(of.map(({ timestamp }) => clock.month(timestamp)))
    return { cohort: [...months].toSorted()[0] ?? '', months }
  })
  const shown = accounts.filter(({ cohort }) => cohort >= clock.day(begins))
  return rowsBy(
    shown,
    ({ cohort }) => cohort,
    (cohort, of) => {
      const after = (months: number): number =>
        of.filter((one) => one.months.has(addMonths(cohort, months))).length
      return {
        cohort,
        accounts: of.length,
        after_1_month: after(1),
        after_2_months: after(2),
        after_3_months: after(3),
      }
    },
  )
}
