// What deploy/kubernetes says of our variables is held against the programs; the schemas against Kubernetes's in test/kubernetes.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readSetupConfig } from '@custom-events/cli'
import { consumerVariables } from '../services/consumer/src/config.ts'
import { ingestVariables } from '../services/ingest/src/config.ts'

const FILES = globSync('deploy/kubernetes/**/*.{yaml,env}').toSorted()
const NAME = /^[\s{-]*(?:name: )?([A-Z][A-Z0-9_]{3,})(?:=|,|$)/

test('every variable in deploy/kubernetes is one of ours', () => {
  assert.ok(FILES.length > 8, 'the files are found')
  const known = new Set([...Object.keys(ingestVariables), ...Object.keys(consumerVariables)])
  const setupOnly = new Set([
    'SETUP_TIMEOUT_MS',
    'KAFKA_REPLICATION_FACTOR',
    'KAFKA_MIN_INSYNC_REPLICAS',
  ])
  const found = FILES.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => NAME.exec(line)?.[1] ?? []),
  )
  assert.ok(found.length > 15)
  for (const name of found) {
    const isKnown = [name, name.replace(/_FILE$/, '')].some(
      (each) => known.has(each) || setupOnly.has(each),
    )
    assert.ok(isKnown, name)
  }
})

test('setup takes what the small overlay gives it', () => {
  const lines = readFileSync('deploy/kubernetes/base/custom-events.env', 'utf8').trim().split('\n')
  const environment = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const { CLICKHOUSE_PASSWORD_FILE: _file, ...rest } = environment
  const { config } = readSetupConfig({ ...rest, LOG_LEVEL: 'error' })
  assert.equal(config.KAFKA_PARTITIONS, 12)
})
