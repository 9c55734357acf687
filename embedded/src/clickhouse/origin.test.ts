import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyForeign } from './origin.ts'

const names = ['clickhouse']

for (const headers of [
  { host: '127.0.0.1:8123' },
  { host: 'localhost:8123' },
  { host: 'LOCALHOST:8123' },
  { host: '[::1]:8123' },
  { host: '10.1.2.3' },
  { host: '127.0.0.1:80' },
  { host: 'clickhouse:8123' },
  {}, // HTTP/1.0; no browser speaks it
  { host: '127.0.0.1:8123', origin: 'http://127.0.0.1:8123', 'sec-fetch-site': 'same-origin' },
  { host: '127.0.0.1:8123', 'sec-fetch-site': 'none' }, // typed by a person
]) {
  test(`it answers ${JSON.stringify(headers)}`, () => {
    assert.equal(whyForeign(headers, names), undefined)
  })
}

for (const headers of [
  { host: 'rebound.example:8123' },
  { host: 'localhost.example:8123' },
  { host: '127.0.0.1.example' },
  { host: 'x@127.0.0.1' },
  { host: '127.1' },
  { host: '' },
  { host: '127.0.0.1:8123', origin: 'http://evil.example' },
  { host: '127.0.0.1:8123', origin: 'null' },
  { host: '127.0.0.1:8123', origin: 'https://127.0.0.1:8123' },
  { host: '127.0.0.1:8123', origin: 'http://127.0.0.1:3000' },
  { host: '127.0.0.1:8123', 'sec-fetch-site': 'cross-site' },
  { host: '127.0.0.1:8123', 'sec-fetch-site': 'same-site' },
]) {
  test(`it refuses ${JSON.stringify(headers)}`, () => {
    assert.match(String(whyForeign(headers, names)), /Host|Origin|web page/)
  })
}
