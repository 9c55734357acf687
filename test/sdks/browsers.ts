import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Request, Response } from 'playwright-core'
import { startChromium, whyNoChromium } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { startPageServer, type PageServer } from './page-server.ts'
import type { AppEvent, Client, Sdk } from './sdk.ts'

/** The page shares the machine with everything else, and may have to wait out an outage. */
const SETTLE_TIMEOUT_MS = 120_000

/** Scripts of a page: the SDK, and how an app starts it. */
export interface Scripts {
  readonly sdk: string
  readonly start: string
}

export const SEGMENT: Scripts = {
  sdk: beside(import.meta.resolve('@segment/analytics-next'), '../umd/index.js'),
  start: source('segment-page.js'),
}
export const RUDDER: Scripts = {
  sdk: beside(import.meta.resolve('@rudderstack/analytics-js/bundled'), '../umd/index.js'),
  start: source('rudder-page.js'),
}

/**
 * SDKs of browsers, in a real one: the page comes from another origin than ingest, so that every
 * request is subject to CORS and asks before it sends.
 */
export const BROWSER_SDKS: readonly Sdk[] = [
  browserSdk('@segment/analytics-next', SEGMENT),
  browserSdk('@segment/analytics-next in batches', SEGMENT, {
    deliveryStrategy: { strategy: 'batching', config: { size: 5, timeout: 500 } },
  }),
  browserSdk('@rudderstack/analytics-js', RUDDER),
  browserSdk('@rudderstack/analytics-js in batches', RUDDER, {
    queueOptions: { batch: { enabled: true, maxItems: 5, flushInterval: 500 } },
  }),
  {
    ...browserSdk('@rudderstack/analytics-js by beacon', RUDDER, { useBeacon: true }),
    isResending: false,
    isBeacon: true,
  },
]

interface Job {
  readonly url: string
  readonly key: string
  readonly options: object
}

function beside(module: string, path: string): string {
  return fileURLToPath(new URL(path, module))
}

function source(file: string): string {
  return join(import.meta.dirname, 'foreign', file)
}

/** The site of an app with this SDK. */
export function startSite({ sdk, start }: Scripts): Promise<PageServer> {
  return startPageServer({ '/sdk.js': sdk, '/start.js': start, '/app.js': source('page-app.js') })
}

function browserSdk(name: string, scripts: Scripts, options: object = {}): Sdk {
  return {
    name,
    isResending: true,
    takesTimestamp: true,
    isBrowser: true,
    isPatient: true,
    whyMissing: whyNoChromium(),
    start: (url, key) => startPage(scripts, { url, key, options }),
  }
}

/** The whole life of the page happens in `close`: open, track, wait until all is settled, leave. */
function startPage(scripts: Scripts, { url, key, options }: Job): Client {
  const identified: string[] = []
  const events: AppEvent[] = []
  return {
    track: (event) => void events.push(event),
    identify: (userId) => void identified.push(userId),
    close: async () => {
      await using site = await startSite(scripts)
      await using browser = await startChromium()
      const traffic = watchTraffic(browser)
      const page = await browser.newPage()
      await page.goto(site.origin)
      await page.evaluate(`app(${JSON.stringify({ url, key, options, identified, events })})`)
      if ('useBeacon' in options) {
        // What waits is sent when the user turns elsewhere; of a page that is gone nobody could tell.
        await page.evaluate(`dispatchEvent(new Event('blur'))`)
        await traffic.untilBeaconsAnswered()
      } else {
        await traffic.untilSettled(identified.length + 2 * events.length) // a user with each event
      }
      const elsewhere = traffic.urls.filter(
        (asked) => ![site.origin, url].includes(new URL(asked).origin),
      )
      if (elsewhere.length > 0) throw new Error(`the page asked elsewhere: ${elsewhere.join(' ')}`)
    },
  }
}

/** Listens only: a browser whose requests are intercepted no longer asks before it sends. */
function watchTraffic(browser: BrowserContext) {
  const urls: string[] = []
  const isBeacon = (request: Request): boolean => request.resourceType() === 'ping'
  let settledCalls = 0
  let beacons = 0
  let answeredBeacons = 0
  browser.on('request', (request) => {
    urls.push(request.url())
    if (isBeacon(request)) beacons += 1
  })
  browser.on('response', (response) => {
    if (isBeacon(response.request())) answeredBeacons += 1
    else settledCalls += callsSettledBy(response)
  })
  const until = (isDone: () => boolean, what: () => string): Promise<void> =>
    eventually(() => assert.ok(isDone(), what()), { withinMs: SETTLE_TIMEOUT_MS })
  return {
    urls,
    untilSettled: (count: number) =>
      until(
        () => settledCalls >= count,
        () => `${settledCalls} of ${count} calls are settled`,
      ),
    untilBeaconsAnswered: () =>
      until(
        () => beacons > 0 && answeredBeacons === beacons,
        () => `${answeredBeacons} of ${beacons} beacons are answered`,
      ),
  }
}

/** Calls of the app that a response answers for good: whatever it is, it is not asked again. */
function callsSettledBy(response: Response): number {
  const request = response.request()
  const status = response.status()
  if (request.method() !== 'POST' || status === 429 || status >= 500) return 0
  const body: { readonly batch?: readonly unknown[] } = request.postDataJSON()
  return body.batch?.length ?? 1
}
