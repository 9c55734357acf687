import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOfOtherServices, sharedVariables } from '@custom-events/service'
import { setupVariables } from '../packages/cli/src/config.ts'
import { consumerVariables } from '../services/consumer/src/config.ts'
import { ingestVariables } from '../services/ingest/src/config.ts'

test('every variable with one of our prefixes is known to every program', () => {
  const all = Object.keys({ ...ingestVariables, ...consumerVariables, ...setupVariables })
  const ownPrefix = /^(KAFKA|SCHEMA_REGISTRY|CLICKHOUSE|BATCH|WRITE_KEYS|AUTH|TRACKING_PLANS?)_/
  const single = all.filter((name) => ownPrefix.test(name) && !(name in sharedVariables))
  assert.deepEqual(single.toSorted(), [...namesOfOtherServices].toSorted())
})
