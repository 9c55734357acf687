import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { byClientCredentials, tokenIn } from './client-credentials.ts'

const json = (status: number, body: unknown) => ({ status, body: JSON.stringify(body) })

test('an answer with a token is read, and lives as long as it says', () => {
  assert.deepEqual(tokenIn(json(200, { access_token: 'a', expires_in: 60 }), 'http://t'), {
    value: 'a',
    lifetimeMs: 60_000,
  })
  const text = json(200, { access_token: 'a', expires_in: '60' })
  assert.equal(tokenIn(text, '').lifetimeMs, 60_000, 'as a text, as some servers do')
  assert.equal(tokenIn(json(200, { access_token: 'a' }), '').lifetimeMs, 300_000)
})

test('every other answer names the variable to look at', () => {
  const cases: readonly (readonly [number, unknown, RegExp])[] = [
    [401, { error: 'invalid_client' }, /401 invalid_client: .*KAFKA_OAUTH_CLIENT_SECRET/],
    [400, { error: 'invalid_client' }, /KAFKA_OAUTH_CLIENT_ID/],
    [401, '<html>', /KAFKA_OAUTH_CLIENT_SECRET/],
    [400, { error: 'invalid_scope' }, /KAFKA_OAUTH_SCOPE/],
    [400, { error: 'unauthorized_client' }, /client credentials grant/],
    [404, 'no', /KAFKA_OAUTH_TOKEN_URL=http:\/\/t said 404: .*token endpoint/],
    [200, { token: 'a' }, /without an access_token/],
    [200, '<html>', /without an access_token/],
    [200, { access_token: 'a', expires_in: 1 }, /for 1 s: .*5 s and more/],
    [200, { access_token: 'a', expires_in: 'soon' }, /for soon s/],
    [503, '', /answered 503/],
    [429, '', /answered 429/],
  ]
  for (const [status, body, message] of cases) {
    const answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) }
    assert.throws(() => tokenIn(answer, 'http://t'), { name: 'TokenError', message })
  }
})

test('the client says who it is as a form does, so that its id may have a colon', async () => {
  let seen = ''
  const server = createServer((request, response) => {
    seen = request.headers.authorization ?? ''
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      seen += ` ${body}`
      response.end('{"access_token":"a","expires_in":60}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const fetchToken = byClientCredentials({
    url: `http://127.0.0.1:${port}/token`,
    clientId: 'a:b',
    clientSecret: () => 'c d+é',
    scope: 'kafka read',
    tls: null,
  })
  assert.equal((await fetchToken()).value, 'a')
  const basic = Buffer.from('a%3Ab:c+d%2B%C3%A9').toString('base64')
  assert.equal(seen, `Basic ${basic} grant_type=client_credentials&scope=kafka+read`)
  server.close()
  server.closeAllConnections()
  await assert.rejects(fetchToken(), {
    code: 'TOKEN_SERVER_AWAY',
    message: /KAFKA_OAUTH_TOKEN_URL=.*ECONNREFUSED.*is the token server running/,
  })
})
