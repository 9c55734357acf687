import type { Picture } from './picture.ts'
import * as accounts from './truth/accounts.ts'
import * as activity from './truth/activity.ts'
import type { Truth } from './truth/asked.ts'
import * as catalogue from './truth/catalogue.ts'
import * as journeys from './truth/journeys.ts'
import * as operations from './truth/operations.ts'
import * as properties from './truth/properties.ts'
import * as retention from './truth/retention.ts'

/** How the answer to a question is known without SQL, and how it looks. */
export interface Entry {
  readonly truth: Truth
  readonly picture?: Picture
}

export const TOPICS: readonly {
  readonly title: string
  readonly entries: Readonly<Record<string, Entry>>
}[] = [
  {
    title: 'Activity',
    entries: {
      '01-events-per-day': { truth: activity.eventsPerDay },
      '02-events-per-day-utc': { truth: activity.eventsPerDayUtc },
      '03-active-users': {
        truth: activity.activeUsers,
        picture: { x: 'day', y: ['users', 'accounts'] },
      },
      '04-active-users-utc': { truth: activity.activeUsersUtc },
      '05-new-and-returning': {
        truth: activity.newAndReturning,
        picture: { x: 'monday', y: ['new_users', 'returning_users'] },
      },
      '06-week-over-week': { truth: activity.weekOverWeek },
      '07-busy-hours': { truth: activity.busyHours },
      '08-sessions': { truth: activity.sessions, picture: { x: 'day', y: ['sessions', 'users'] } },
      '09-power-users': { truth: activity.powerUsers },
      '10-stickiness': { truth: retention.stickiness, picture: { x: 'day', y: ['dau', 'mau'] } },
    },
  },
  {
    title: 'Journeys',
    entries: {
      '11-funnel': { truth: journeys.funnel, picture: { x: 'step', y: ['users'] } },
      '12-paths': { truth: journeys.paths, picture: { x: 'next', y: ['times', 'users'] } },
      '13-time-to-first-value': {
        truth: journeys.timeToFirstValue,
        picture: { x: 'monday', y: ['users', 'reached'] },
      },
      '14-before-and-after': {
        truth: journeys.beforeAndAfter,
        picture: { x: 'group_id', y: ['events_before', 'events_after'] },
      },
      '15-weekly-retention': { truth: retention.weeklyRetention },
      '16-account-cohorts': { truth: retention.accountCohorts },
    },
  },
  {
    title: 'Accounts and users',
    entries: {
      '17-account-health': { truth: accounts.accountHealth },
      '18-user-timeline': { truth: journeys.userTimeline },
      '19-identified-visitors': {
        truth: journeys.identifiedVisitors,
        picture: { x: 'monday', y: ['visitors', 'identified'] },
      },
      '20-revenue': { truth: accounts.revenue },
    },
  },
  {
    title: 'Events and their properties',
    entries: {
      '21-feature-adoption': {
        truth: properties.featureAdoption,
        picture: { x: 'feature_name', y: ['users', 'accounts'] },
      },
      '22-top-values': { truth: properties.topValues },
      '23-distinct-values': { truth: properties.distinctValues },
      '24-percentiles': {
        truth: properties.percentiles,
        picture: { x: 'monday', y: ['median', 'p90', 'p99'] },
      },
      '25-properties': { truth: catalogue.properties },
      '26-new-events': { truth: catalogue.newEvents },
      '27-dead-events': { truth: catalogue.deadEvents },
      '28-error-rate': {
        truth: operations.errorRate,
        picture: { x: 'monday', y: ['users', 'users_with_errors'] },
      },
    },
  },
  {
    title: 'The pipeline itself',
    entries: {
      '29-delay': { truth: operations.delay },
      '30-complete': { truth: operations.complete },
      '31-rejected-by-source': { truth: operations.rejectedBySource },
      '32-open-refusals': { truth: operations.openRefusals },
    },
  },
]

/** @throws when a file has no truth. */
export function entryOf(name: string): Entry {
  const entry = TOPICS.map(({ entries }) => entries[name]).find((each) => each !== undefined)
  if (entry === undefined)
    throw new Error(`docs/queries/${name}.sql has no entry in tools/cookbook/entries.ts: its truth`)
  return entry
}
