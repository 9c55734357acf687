import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startTestIngest } from '../../services/ingest/src/testing/test-support.ts'
import { startChromium, whyNoChromium } from '../support/chromium.ts'

const skip = whyNoChromium() ?? false

/** Runs in the page: browsers tell a broken policy to the page, not always to the console. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`

/** Everything a page complains of, and every address it asks for. */
async function watch(page: Page) {
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (line) => {
    if (['error', 'warning'].includes(line.type())) complaints.push(line.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  await page.addInitScript(TELL_VIOLATIONS)
  return { complaints, asked }
}

test(
  '/docs works in a real browser: nothing from elsewhere, and an event can be tried',
  {
    skip,
  },
  async () => {
    await using ingest = await startTestIngest()
    await using browser = await startChromium()
    const page = await browser.newPage()
    const { complaints, asked } = await watch(page)
    await page.goto(`${ingest.url}/docs`)
    const operation = page.locator('#operations-Events-post_track')
    await operation.locator('.opblock-summary').click()
    await operation.locator('button.execute').click()
    const status = operation.locator('.live-responses-table tbody .response-col_status').first()
    await status.filter({ hasText: '200' }).waitFor()
    const path = process.env['SCREENSHOT'] // to see it with one's own eyes
    if (path !== undefined) {
      await operation.locator('.live-responses-table').scrollIntoViewIfNeeded()
      await page.screenshot({ path })
    }
    const kept = ingest.events().map(({ event, group_id: groupId }) => `${event} of ${groupId}`)
    assert.deepEqual(kept, ['subscription_upgraded of account_789'])

    await page.goto(`${ingest.url}/docs/`)
    await operation.waitFor()
    assert.deepEqual(complaints, [])
    const foreign = asked.filter((url) => !new RegExp(`^(${ingest.url}/|data:|blob:)`).test(url))
    assert.deepEqual(foreign, [], 'nothing is asked of another origin')
    assert.ok(asked.includes(`${ingest.url}/openapi.json`))
  },
)
