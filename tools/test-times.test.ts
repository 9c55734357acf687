import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
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

test('servers that end between two groups are told by themselves, not to the file that ends next', () => {
  let ticks = 0
  const times = createTestTimes(() => ticks)
  ticks += 3_000
  times.othersEnded('checks')
  ticks += 100
  times.ended('test/first.test.ts', 1)
  ticks += 45_000
  times.othersEnded('servers')
  ticks += 250
  times.ended('test/smoke/second.test.ts', 3)
  ticks += 50
  times.othersEnded('servers')
  assert.deepEqual(
    times.times().map(({ cpuSeconds }) => cpuSeconds),
    [1, 2.5],
  )
  assert.match(
    timesText(times.times(), times.others()),
    /\nchecks: 30\.0 s of processor time\nservers: 450\.5 s of processor time\n$/,
  )
})

test('a process that ended before a file is counted, and not as its', () => {
  const times = createTestTimes()
  spin(0.3)
  times.othersEnded('servers')
  spin(0.1)
  times.ended('test/a.test.ts', 1)
  const others = times.others().get('servers') ?? 0
  const cpuSeconds = times.times()[0]?.cpuSeconds ?? Infinity
  assert.ok(others >= 0.3, `${others} s`)
  assert.ok(cpuSeconds >= 0.1 && cpuSeconds < others, `${cpuSeconds} s, others ${others} s`)
})

/** A process that computes for so long and has ended. */
function spin(seconds: number): void {
  const code = `while (process.cpuUsage().user < ${seconds * 1e6});`
  assert.equal(spawnSync(process.execPath, ['-e', code]).status, 0)
}

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
