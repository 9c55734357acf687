import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitAccounts } from '@custom-events/event'
import { flagsTo, nextStep, saidOf } from './next.ts'

const first = { generation: 1, topic: 't', partitions: 12 }
const second = { generation: 2, topic: 't.g2', partitions: 48 }

const ASKED = { partitions: null, split: [], unsplit: [], shards: 1 }

test('what is left to do follows from what was announced, so that a killed command is run again', () => {
  const rows = [
    [[first], true, 12, 'none', 't'],
    [[first], true, 6, 'refused', ''],
    [[first], true, 48, 'make', 't.g2'],
    [[first, second], false, 48, 'open', 't.g2'],
    [[first, second], false, 64, 'refused', ''],
    [[first, second], false, 12, 'refused', ''],
    [[first, second], true, 48, 'none', 't.g2'],
    [[first, second], true, 64, 'make', 't.g3'],
    [[first, second], true, 12, 'refused', ''],
  ] as const
  for (const [all, isLastOpen, partitions, step, topic] of rows) {
    const found = nextStep('t', { all, isLastOpen }, { ...ASKED, partitions })
    assert.equal(found.step, step, `${all.length} ${isLastOpen} ${partitions}`)
    if ('next' in found) assert.deepEqual([found.next.topic, found.next.partitions], [topic, partitions]) // prettier-ignore
    if ('now' in found) assert.equal(found.now.topic, topic)
  }
})

test('no number of partitions is taken by which accounts would move between the shards', () => {
  const of = (shards: number, partitions: number) => {
    const wanted = { ...ASKED, partitions, shards }
    const found = nextStep('t', { all: [first], isLastOpen: true }, wanted)
    return found.step === 'refused' ? found.why : found.step
  }
  assert.equal(of(4, 48), 'make')
  assert.equal(of(4, 12), 'none')
  assert.match(
    of(4, 46),
    /46 is no multiple of CLICKHOUSE_SHARDS \(4\).*expected such as 44 or 48$/,
  )
  assert.match(of(64, 48), /expected such as 64$/)
})

const split = { ...second, split: splitAccounts(['a'], 1) }
const unsplit = { generation: 3, topic: 't.g3', partitions: 48 }

test('what is split stays so until it is told otherwise, and each change is a generation', () => {
  const many = Array.from({ length: 101 }, (_, index) => `a${index}`)
  const rows = [
    [[first], true, { split: ['a'] }, 'make', 't.g2 with 12 partitions and a split'],
    [[first], true, { split: ['b', 'a', 'b'], partitions: 48 }, 'make', 't.g2 with 48 partitions and a, b split'],
    [[first], true, { unsplit: ['a'] }, 'none', 't with 12 partitions'],
    [[first], true, { split: many }, 'refused', '101 accounts would be split, and at most 100 may be'],
    [[first], true, { split: ['a'], shards: 12 }, 'refused', 'an account has 1 partition to be spread over: ask for more with --partitions'],
    [[first], true, { split: ['a'], shards: 5 }, 'refused', '12 is no multiple of CLICKHOUSE_SHARDS (5): accounts would move to other ClickHouses than the copies of their events; expected such as 10 or 15'],
    [[first, split], false, { partitions: 48 }, 'open', 't.g2 with 48 partitions and a split'],
    [[first, split], false, { split: ['a'] }, 'open', 't.g2 with 48 partitions and a split'],
    [[first, split], false, { split: ['b'] }, 'refused', 't.g2 was begun with 48 partitions and a split and is not open yet: finish it first (--partitions 48)'],
    [[first, split], true, { split: ['a'] }, 'none', 't.g2 with 48 partitions and a split'],
    [[first, split], true, { partitions: 64 }, 'make', 't.g3 with 64 partitions and a split'],
    [[first, split], true, { split: ['b'] }, 'make', 't.g3 with 48 partitions and a, b split'],
    [[first, split], true, { split: ['b'], unsplit: ['a'] }, 'make', 't.g3 with 48 partitions and b split'],
    [[first, split], true, { unsplit: ['a'] }, 'make', 't.g3 with 48 partitions'],
    [[first, split], true, { partitions: 64, shards: 2 }, 'refused', 't.g2 splits accounts over partitions of one of 1 shards, and CLICKHOUSE_SHARDS is 2: set it to 1'],
    [[first, split, unsplit], false, { unsplit: ['a'] }, 'open', 't.g3 with 48 partitions'],
  ] as const // prettier-ignore
  for (const [all, isLastOpen, asked, step, said] of rows) {
    const found = nextStep('t', { all, isLastOpen }, { ...ASKED, ...asked })
    const generation = 'next' in found ? found.next : 'now' in found ? found.now : null
    const told = generation === null ? null : `${generation.topic} ${saidOf(generation)}`
    const why = 'why' in found ? found.why : told
    assert.deepEqual([found.step, why], [step, said])
  }
})

test('whoever finds another generation begun is told the words that finish it', () => {
  assert.equal(flagsTo(first, split), '--partitions 48 --split a')
  assert.equal(flagsTo(split, { ...unsplit, split: splitAccounts(['b'], 1) }), '--partitions 48 --split b --unsplit a') // prettier-ignore
})
