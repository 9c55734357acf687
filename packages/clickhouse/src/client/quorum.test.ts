import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quorumSettings } from './quorum.ts'

test('without a quorum nothing is asked of replicas', () => {
  for (const off of [undefined, '0']) {
    assert.deepEqual(quorumSettings(off), { ofInserts: {}, ofReadBack: {} })
  }
})

test('with a quorum one block is written after the other, and only what reached it is read back', () => {
  for (const quorum of ['2', 'auto']) {
    assert.deepEqual(quorumSettings(quorum), {
      ofInserts: {
        insert_quorum: quorum,
        insert_quorum_parallel: 0,
        insert_quorum_timeout: 20_000,
      },
      ofReadBack: { select_sequential_consistency: '1' },
    })
  }
})
