import { Analytics as SegmentAnalytics } from '@segment/analytics-node'
import { jitsuAnalytics } from '@jitsu/js'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
// @ts-expect-error: it ships no types
import LegacyAnalytics from 'analytics-node'
import { BROWSER_SDKS } from './browsers.ts'
import { FOREIGN } from './foreign.ts'
import type { Client, Happening, Person, Sdk, ServerSdk } from './sdk.ts'

export const SERVER_SDKS: readonly ServerSdk[] = [
  { name: '@segment/analytics-node', isResending: true, takesTimestamp: true, start: startSegment },
  {
    name: 'analytics-node',
    isResending: true,
    takesTimestamp: true,
    dropsSoon: true,
    start: startLegacy,
  },
  {
    name: '@rudderstack/rudder-sdk-node',
    isResending: true,
    takesTimestamp: true,
    dropsSoon: true,
    start: (url, key) => startRudder(url, key, true),
  },
  {
    name: '@rudderstack/rudder-sdk-node without gzip',
    isResending: true,
    takesTimestamp: true,
    dropsSoon: true,
    start: (url, key) => startRudder(url, key, false),
  },
  FOREIGN.segmentPython,
  FOREIGN.segmentJava,
]

export const SDKS: readonly Sdk[] = [
  ...SERVER_SDKS,
  {
    name: '@jitsu/js',
    isResending: false,
    takesTimestamp: false,
    start: (url, key) => startJitsu(url, key, false),
  },
  {
    name: '@jitsu/js from a server',
    isResending: false,
    takesTimestamp: false,
    start: (url, key) => startJitsu(url, key, true),
  },
  ...BROWSER_SDKS,
]

function startSegment(url: string, writeKey: string): Client<Happening & Person> {
  const client = new SegmentAnalytics({ host: url, writeKey, flushInterval: 200 })
  return {
    track: ({ groupId, ...event }) => client.track({ ...event, context: { groupId } }),
    identify: (userId) => client.identify({ userId }),
    close: () => client.closeAndFlush({ timeout: 100_000 }),
  }
}

/** What the legacy SDK offers, as far as it is used here. */
interface Legacy {
  track(event: object): void
  identify(user: object): void
  flush(done: (error?: Error) => void): void
}

function startLegacy(url: string, key: string): Client<Happening & Person> {
  // A constructor without types.
  const client = new (LegacyAnalytics as new (key: string, options: object) => Legacy)(key, {
    host: url,
    flushInterval: 200,
    retryCount: 10, // its own three are over within two seconds
    errorHandler: () => {}, // the test asserts what arrives
  })
  return {
    track: ({ groupId, ...event }) => client.track({ ...event, context: { groupId } }),
    identify: (userId) => client.identify({ userId }),
    close: () => new Promise((resolve) => client.flush(() => resolve())),
  }
}

function startRudder(url: string, key: string, gzip: boolean): Client<Happening & Person> {
  const client = new RudderAnalytics(key, {
    dataPlaneUrl: url,
    flushInterval: 200,
    gzip,
    logLevel: 'none',
    errorHandler: () => {}, // the test asserts what arrives
  })
  return {
    track: ({ groupId, ...event }) => client.track({ ...event, context: { groupId } }),
    identify: (userId) => client.identify({ userId }),
    close: () => client.flush().catch(() => {}),
  }
}

function startJitsu(url: string, writeKey: string, s2s: boolean): Client {
  const client = jitsuAnalytics({ host: url, writeKey, s2s, fetch })
  let sent: Promise<unknown> = Promise.resolve()
  const next = (call: () => Promise<unknown>): void => {
    sent = sent.then(call).catch(() => {}) // the test asserts what arrives
  }
  return {
    track: ({ event, userId, groupId, properties }) => {
      next(() => client.identify(userId))
      next(() => client.group(groupId))
      next(() => client.track(event, properties))
    },
    identify: (userId) => next(() => client.identify(userId)),
    close: async () => void (await sent),
  }
}
