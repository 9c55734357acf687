import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProgress } from './progress.ts'

function scene(isTerminal: boolean) {
  let output = ''
  let ms = 0
  const write = (text: string): void => void (output += text)
  const progress = createProgress({ total: 40, isTerminal, write, now: () => ms })
  const wait = (more: number): void => void (ms += more)
  return { progress, wait, output: () => output }
}

test('on a terminal one line is written over, and ended', () => {
  const { progress, output } = scene(true)
  progress.update(10)
  progress.update(40)
  progress.end()
  progress.end()
  const half = `[${'='.repeat(8)}${' '.repeat(22)}] 10 of 40`
  assert.equal(output(), `\r${half}\r[${'='.repeat(30)}] 40 of 40\n`)
})

test('in a log there is a line every ten seconds', () => {
  const { progress, wait, output } = scene(false)
  progress.update(10)
  wait(10_000)
  progress.update(20)
  wait(9_999)
  progress.update(30)
  progress.end()
  assert.equal(output(), '20 of 40\n')
})
