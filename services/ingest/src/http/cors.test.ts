import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { NOISE_PATHS, OWN_PATHS, SDK_PATHS } from './paths.ts'
import { eventText, startTestIngest } from '../testing/test-support.ts'
import { createKeyFinder, parseWriteKeys } from '../auth/write-keys.ts'

const PATHS = [
  ...OWN_PATHS,
  ...SDK_PATHS,
  ...NOISE_PATHS,
  '/v1/validate',
  '/v1/projects/k/settings',
  '/sourceConfig/',
]
const ORIGIN = 'https://app.example.com'

test('a page of any origin may ask every path what it may send', async () => {
  await using ingest = await startTestIngest()
  for (const path of PATHS) {
    const response = await fetch(ingest.url + path, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers':
          'authorization, Content-Type,rsa-retry-attempt, x_app_id, *, b@d, a b',
      },
    })
    assert.equal(response.status, 204, path)
    assert.equal(await response.text(), '')
    const { headers } = response
    assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
    assert.equal(headers.get('access-control-allow-methods'), 'POST, GET, OPTIONS')
    assert.equal(
      headers.get('access-control-allow-headers'),
      'authorization, content-type, rsa-retry-attempt, x_app_id',
    )
    assert.equal(headers.get('access-control-max-age'), '7200')
    assert.equal(headers.get('vary'), 'Origin')
    assert.equal(headers.get('access-control-allow-credentials'), 'true')
  }
})

test('a page can read every answer, errors included, and the headers it needs', async () => {
  await using ingest = await startTestIngest()
  const event = eventText()
  const table: readonly (readonly [string, string, number])[] = [
    ['/track', event, 200],
    ['/v1/t', event, 200],
    ['/v1/batch', '{', 400],
    ['/nowhere', event, 404],
    [`/track?${'x'.repeat(2_048)}`, event, 414],
  ]
  for (const [path, body, status] of table) {
    const answer = await ingest.post(body, { path, headers: { origin: ORIGIN } })
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN, path)
    assert.equal(answer.headers.get('access-control-allow-credentials'), 'true', path)
    assert.equal(
      answer.headers.get('access-control-expose-headers'),
      'Retry-After, X-Request-Id, X-Track-Accepted, X-Track-Rejected, X-Track-Warnings, RateLimit, RateLimit-Policy',
    )
  }
  const noPage = await ingest.post(event)
  assert.equal(noPage.headers.has('access-control-allow-origin'), false)
  assert.equal(noPage.headers.get('vary'), 'Origin')
})

test('pages of other origins than the allowed ones can read nothing', async () => {
  await using ingest = await startTestIngest({ allowedOrigins: new Set([ORIGIN]) })
  const allowedTo = async (origin: string, method: string) => {
    const { headers } = await ingest.post(eventText(), { method, headers: { origin } })
    return headers.get('access-control-allow-origin')
  }
  for (const method of ['POST', 'OPTIONS']) {
    assert.equal(await allowedTo(ORIGIN, method), ORIGIN)
    for (const origin of ['https://evil.example.com', `${ORIGIN}.evil.com`, 'null']) {
      assert.equal(await allowedTo(origin, method), null)
    }
  }
})

test('a key bound to origins is refused from others, readably, also when the key is in the body', async () => {
  const sha256 = createHash('sha256').update('k1').digest('hex')
  const keys = parseWriteKeys(JSON.stringify({ keys: [{ name: 'w', sha256, origins: [ORIGIN] }] }))
  await using ingest = await startTestIngest({
    keys: { isOff: false, find: createKeyFinder(keys) },
  })
  const body = eventText({ writeKey: 'k1' })
  const from = (origin: string) => ingest.post(body, { path: '/v1/t', headers: { origin } })
  const refused = await from('https://evil.example.com')
  assert.deepEqual([refused.status, refused.body.code], [403, 'origin_not_allowed'])
  assert.equal(refused.headers.get('access-control-allow-origin'), 'https://evil.example.com')
  assert.equal((await from(ORIGIN)).status, 200)
  assert.equal(ingest.events().length, 1)
})
