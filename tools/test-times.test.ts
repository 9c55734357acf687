import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { allCpuSeconds, createTestTimes, keepTimes, timesText } from './test-times.ts'

test('a file is told what the processes that we waited for have taken since the one before', () => {
  let ticks = 300
  const times = createTestTimes(() => ticks)
  ticks += 250
  times.ended('test/slow.test.ts', 9)
  ticks += 1_000
  times.ended('test/dear.test.ts', 2)
  assert.deepEqual(times.times(), [
    { file: 'test/slow.test.ts', seconds: 9, cpuSeconds: 2.5 },
    { file: 'test/dear.test.ts', seconds: 2, cpuSeconds: 10 },
  ])
  const [slowest = '', dearest = ''] = timesText(times.times()).split('the dearest\n')
  assert.match(slowest, /of 2 files.*\n +9\.0 s +2\.5 s test\/slow\.test\.ts\n/)
  assert.match(dearest, /^ +2\.0 s +10\.0 s test\/dear\.test\.ts\n/)
})

test('all of them are kept in a file', () => {
  const path = join(tmpdir(), `test-times-${process.pid}.tsv`)
  keepTimes([{ file: 'a.test.ts', seconds: 1.234, cpuSeconds: 0.5 }], path)
  assert.equal(
    readFileSync(path, 'utf8'),
    'file\tseconds\tprocessor seconds\na.test.ts\t1.23\t0.50\n',
  )
  rmSync(path)
})

test('our own processor time is counted', () => {
  assert.ok(allCpuSeconds() > 0)
})
