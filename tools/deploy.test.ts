import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MALLOC_SETTINGS } from '@custom-events/embedded'

test('ingest is started with the same settings of malloc in the image and by npm', () => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const values = Object.entries(MALLOC_SETTINGS)
  for (const [name, value] of values) {
    assert.ok(read('Dockerfile').includes(`${name}=${value}`), `Dockerfile: ${name}`)
    assert.ok(read('tools/run.mjs').includes(`${name}: '${value}'`), `tools/run.mjs: ${name}`)
  }
})
