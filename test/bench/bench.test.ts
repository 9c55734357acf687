import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** That they run and check their answers; how fast this machine is now is nobody's promise. */
test('the ingest benchmark runs, checks every answer and tells a share for each server', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bench/main.ts', 'ingest', '--tiny'],
    { encoding: 'utf8', timeout: 170_000 },
  )
  assert.equal(status, 0, stderr)
  assert.match(stdout, /custom-events, through Kafka +[\d,]+/)
  const { ratios, tables } = JSON.parse(readFileSync('bench/results/ingest.json', 'utf8'))
  assert.ok(Object.keys(ratios).length > 0)
  for (const [name, ratio] of Object.entries(ratios)) assert.ok(Number(ratio) > 0, name)
  const latency = tables.find(({ name }: { name: string }) => name === 'latency-at-half-load')
  for (const row of latency.rows)
    assert.equal(row.at(-1), 0, `${row[0]}: answers that were not 200`)
})

test('the benchmark of the read-back runs, and finds what is there, and nothing else', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bench/main.ts', 'read-back', '--tiny'],
    { encoding: 'utf8', timeout: 120_000 },
  )
  assert.equal(status, 0, stderr)
  assert.match(stdout, /20,000 +1 +1,000 +all /)
})

test('the benchmark of analysts runs, and every question that it asks is answered', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bench/main.ts', 'analysts', '--tiny', '--records', '1000'],
    { encoding: 'utf8', timeout: 170_000 },
  )
  assert.equal(status, 0, stderr)
  assert.match(stdout, /cookbook 32-open-refusals +\d/)
  assert.doesNotMatch(stdout, /refused/)
})

test('the benchmark of compression runs, and what is compressed is smaller', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['bench/main.ts', 'compression', '--tiny'],
    {
      encoding: 'utf8',
      timeout: 170_000,
    },
  )
  assert.equal(status, 0, stderr)
  const { tables } = JSON.parse(readFileSync('bench/results/compression.json', 'utf8'))
  for (const [codec, , count, plain, compressed] of tables[0].rows) {
    assert.ok(compressed < plain / 4, `${codec}, ${count} records`)
  }
  assert.equal(tables[1].rows.length, 6)
})

test('a command that does not exist is told with those that do', () => {
  const { status, stderr } = spawnSync(process.execPath, ['bench/main.ts', 'fast'], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(status, 64)
  assert.match(stderr, /ingest, consumer, /)
})
