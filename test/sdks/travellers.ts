import { jitsuAnalytics } from '@jitsu/js'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { whyNoChromium } from '../support/chromium.ts'
import { RUDDER, SEGMENT, startSite, type Scripts } from './browsers.ts'
import { SERVER_SDKS } from './clients.ts'
import { FOREIGN } from './foreign.ts'
import { createIdentity, USER, type Manners } from './journey.ts'
import type { PageServer } from './page-server.ts'
import type { Happening, ServerSdk } from './sdk.ts'

/** A visitor of an app, whose SDK is driven one step at a time. */
export interface Visitor extends AsyncDisposable {
  /** Resolves when the SDK has taken it; of Jitsu, which sends once, when it was sent. */
  track(event: Happening): Promise<void>
  identify(): Promise<void>
  reset(): Promise<void>
  /** Turns to another window, when a page sends what waits for a beacon. */
  lookAway?(): Promise<void>
  /** Cuts the line of the device itself; without it only the tunnel is between us. */
  goOffline?(): Promise<void>
  goOnline?(): Promise<void>
  /** The process ends, or the page is left at once and visited again. */
  close(): Promise<void>
}

/** Where the visitor's events go. */
export interface Destination {
  readonly url: string
  readonly key: string
  readonly groupId: string
}

/** What all travellers share: one Chromium. */
export interface Vehicle {
  browser(): Promise<Browser>
}

/** An SDK that makes the journey. */
export interface Traveller extends Manners {
  readonly name: string
  /** Why none of its events is judged where it lies in the body; `null`: all of them are. */
  readonly whyNotFast: string | null
  readonly whyMissing: string | null
  prepare(): Promise<void>
  depart(destination: Destination, vehicle: Vehicle): Promise<Visitor>
}

const SERVERS: readonly ServerSdk[] = [
  ...SERVER_SDKS,
  FOREIGN.rudderPython,
  FOREIGN.rudderJava,
  FOREIGN.segmentGo,
  FOREIGN.rudderGo,
]

const CONTEXT_BESIDE = 'a context beside its list, which is laid under that of each event'
const TWO_TIMES = 'its own originalTimestamp beside the timestamp of the app, which is a warning'
/** docs/decisions/0023 says what takes the reference path. */
const WHY_NOT_FAST: Readonly<Record<string, string>> = {
  'analytics-java': CONTEXT_BESIDE,
  'rudder-sdk-java': CONTEXT_BESIDE,
  'segmentio/analytics-go': CONTEXT_BESIDE,
  '@rudderstack/rudder-sdk-node': TWO_TIMES,
  '@rudderstack/rudder-sdk-node without gzip': TWO_TIMES,
}

export const TRAVELLERS: readonly Traveller[] = [
  ...SERVERS.map(onServer),
  jitsu('@jitsu/js', false),
  jitsu('@jitsu/js from a server', true),
  inBrowser('@segment/analytics-next', SEGMENT),
  inBrowser('@segment/analytics-next in batches', SEGMENT, {
    deliveryStrategy: { strategy: 'batching', config: { size: 5, timeout: 500 } },
  }),
  inBrowser('@rudderstack/analytics-js', RUDDER),
  inBrowser('@rudderstack/analytics-js in batches', RUDDER, {
    resetsEverything: true,
    queueOptions: { batch: { enabled: true, maxItems: 5, flushInterval: 500 } },
  }),
  inBrowser('@rudderstack/analytics-js by beacon', RUDDER, { useBeacon: true }),
]

/** An app on a server says with each event whose it is. */
function onServer(sdk: ServerSdk): Traveller {
  return {
    name: sdk.name,
    whyMissing: sdk.whyMissing ?? null,
    whyNotFast: WHY_NOT_FAST[sdk.name] ?? null,
    whileOffline: 'delivered',
    resetMakesAnotherVisitor: true,
    takesTimestamp: true,
    prepare: async () => sdk.prepare?.(),
    depart: async ({ url, key }) => {
      const client = sdk.start(url, key)
      const identity = createIdentity()
      return {
        track: async (event) => client.track({ ...event, ...identity.person() }),
        identify: async () => {
          identity.identify()
          client.identify(USER)
        },
        reset: async () => identity.reset(),
        close: () => client.close(),
        [Symbol.asyncDispose]: async () => {},
      }
    },
  }
}

/** It keeps the visitor by itself, and sends every call once. */
function jitsu(name: string, s2s: boolean): Traveller {
  return {
    name,
    whyMissing: null,
    whyNotFast: null,
    whileOffline: 'lost',
    resetMakesAnotherVisitor: true,
    takesTimestamp: false,
    prepare: async () => {},
    depart: async ({ url, key, groupId }) => {
      const client = jitsuAnalytics({ host: url, writeKey: key, s2s, fetch })
      const sent = async (call: Promise<unknown>): Promise<void> =>
        void (await call.catch(() => {}))
      await client.group(groupId)
      return {
        track: ({ event, properties }) => sent(client.track(event, properties)),
        identify: () => sent(client.identify(USER)),
        reset: async () => {
          await client.reset()
          await client.group(groupId)
        },
        close: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }
    },
  }
}

function inBrowser(name: string, scripts: Scripts, options: object = {}): Traveller {
  const isBeacon = 'useBeacon' in options
  return {
    name,
    whyMissing: whyNoChromium(),
    whyNotFast: null,
    whileOffline: isBeacon ? 'lost' : 'delivered',
    resetMakesAnotherVisitor: scripts === SEGMENT || 'resetsEverything' in options,
    takesTimestamp: true,
    prepare: async () => {},
    depart: async ({ url, key }, vehicle) => {
      await using resources = new AsyncDisposableStack()
      const site = resources.use(await startSite(scripts))
      const browser = await vehicle.browser()
      const context = await browser.newContext()
      resources.defer(() => context.close())
      const page = await context.newPage()
      await open(page, site, { url, key, options })
      const owned = resources.move()
      return {
        ...pageVisitor({ page, context, isBeacon }),
        close: async () => {
          await page.goto('about:blank')
          await open(page, site, { url, key, options }) // what waits outlives the page
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      }
    },
  }
}

async function open(page: Page, site: PageServer, job: object): Promise<void> {
  await page.goto(site.origin)
  await page.evaluate(`startSdk(${JSON.stringify(job)}).then((sdk) => void (globalThis.sdk = sdk))`)
}

interface OpenPage {
  readonly page: Page
  readonly context: BrowserContext
  readonly isBeacon: boolean
}

function pageVisitor({ page, context, isBeacon }: OpenPage) {
  const call = async (name: string, argument?: unknown): Promise<void> => {
    await page.evaluate(`sdk.${name}(${argument === undefined ? '' : JSON.stringify(argument)})`)
  }
  return {
    track: (event: Happening) => call('track', event),
    identify: () => call('identify', USER),
    reset: () => call('reset'),
    lookAway: async () => {
      if (isBeacon) await page.evaluate(`dispatchEvent(new Event('blur'))`)
    },
    goOffline: () => context.setOffline(true),
    goOnline: () => context.setOffline(false),
  }
}
