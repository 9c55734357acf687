import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  FetchedRecord,
  OutgoingRecord,
  ProduceFailure,
  ProduceOutcome,
} from '@custom-events/kafka'
import { HEADERS } from './dead-letter.ts'
import type { Wait } from '../insert/retry.ts'
import { createSetAside } from './set-aside.ts'
import { bytesOf } from './shorten.ts'

const LOG = { clusterId: 'c', topic: 't', topicId: '1' }

const refusal = { stage: 'decode', code: 'no_magic_byte', message: 'no magic byte' } as const
const target = { topic: 'd', partitions: 1 }

function refused(offset: number, value: Buffer | null, key: Buffer | null = null) {
  const record: FetchedRecord = { partition: 0, offset, timestampMs: 0, key, value, headers: {} }
  return { record, refusal }
}

class Stopped extends Error {}

/** Sets aside through a topic that answers as told, and tells what lies there and what was waited for. */
function createSetting(
  answer: (record: OutgoingRecord) => ProduceFailure | null,
  onWait: (wait: Wait) => void = ({ error }) => assert.fail(error),
) {
  const there: OutgoingRecord[] = []
  const shortened: string[] = []
  let calls = 0
  const setAside = createSetAside({
    target,
    retryLoop: { wait: async (wait) => onWait(wait), counted: () => {}, recovered: () => {} },
    onShortened: (kind) => void shortened.push(kind),
    producer: {
      produce: async (records) => {
        calls++
        return records.map((record): ProduceOutcome => {
          const failure = answer(record)
          if (failure !== null) {
            return { status: 'unacknowledged', reason: 'kafka_unavailable', failure }
          }
          return { status: 'acknowledged', offset: there.push(record) - 1 }
        })
      },
    },
  })
  return {
    there,
    shortened,
    calls: () => calls,
    run: (all: readonly ReturnType<typeof refused>[]) => setAside(LOG, all),
  }
}

const failure = (failed: Pick<ProduceFailure, 'class' | 'code'>): ProduceFailure => ({
  ...failed,
  text: `topic d: Kafka says ${failed.code}`,
})
const tooLarge = failure({ class: 'data', code: 'MESSAGE_TOO_LARGE' })
const atMost =
  (bytes: number) =>
  (record: OutgoingRecord): ProduceFailure | null =>
    bytesOf(record) > bytes ? tooLarge : null
const offsetOf = (record: OutgoingRecord): string => String(record.headers?.[HEADERS.offset])

test('a record that its dead letter cannot hold is shortened; its neighbours are whole', async () => {
  const setting = createSetting(atMost(1_048_576))
  const small = Buffer.from('small')
  await setting.run([
    refused(1, small),
    refused(2, Buffer.alloc(1_500_000, 'x')),
    refused(3, small),
  ])
  assert.deepEqual(setting.there.map(offsetOf), ['1', '3', '2'])
  assert.deepEqual([setting.there[0]?.value, setting.there[1]?.value], [small, small])
  assert.match(String(setting.there[2]?.headers?.[HEADERS.shortened]), /"cut":\["value"\]/)
  assert.deepEqual(setting.shortened, ['shortened'])
})

test('a topic that takes next to nothing gets stubs with the place of each record', async () => {
  const setting = createSetting(atMost(1_500))
  await setting.run([1, 2, 3].map((offset) => refused(offset, Buffer.alloc(2_000))))
  assert.deepEqual(setting.there.map(offsetOf), ['1', '2', '3'])
  assert.deepEqual(setting.shortened, ['stub', 'stub', 'stub'])
})

test('a topic that wants a key gets the place of the record as the key', async () => {
  const noKey = failure({ class: 'data', code: 'INVALID_RECORD' })
  const setting = createSetting(({ key }) => (key === null ? noKey : null))
  await setting.run([refused(5, Buffer.from('x')), refused(6, Buffer.from('x'), Buffer.from('k'))])
  assert.deepEqual(
    setting.there.map(({ key }) => key?.toString()),
    ['k', 't/0/5'],
  )
})

test('what Kafka refuses for good is told by its name as a halt, and looked at again', async () => {
  for (const code of ['TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD']) {
    let denied = 3
    const waits: Wait[] = []
    const isData = code === 'INVALID_RECORD'
    const no = failure({ class: isData ? 'data' : 'permanent', code })
    const setting = createSetting(
      () => (denied > 0 ? no : null),
      (wait) => {
        waits.push(wait)
        denied--
      },
    )
    await setting.run([refused(1, Buffer.from('x'))])
    assert.equal(setting.there.length, 1)
    assert.equal(waits.length, 3)
    for (const { action, reason, error } of waits) {
      assert.deepEqual([action, reason], ['halt', 'dead_letter_topic'])
      assert.match(error.message, new RegExp(`1 dead letters .* by d: .*${code}`))
    }
  }
})

test('only what passes is retried for ever; what nobody knows a few times', async () => {
  const actionsOf = async (
    failureClass: ProduceFailure['class'] | null,
  ): Promise<readonly string[]> => {
    const waits: Wait[] = []
    const no = failureClass === null ? null : failure({ class: failureClass, code: 'X' })
    const { run } = createSetting(
      () => no ?? failure({ class: 'unreachable', code: 'ECONNREFUSED' }),
      (wait) => {
        waits.push(wait)
        if (waits.length === 8) throw new Stopped()
      },
    )
    await assert.rejects(run([refused(1, null)]), Stopped)
    return waits.map(({ action }) => action)
  }
  for (const passing of ['passing', 'unreachable', 'rejoin', 'out_of_range', null] as const) {
    assert.deepEqual(new Set(await actionsOf(passing)), new Set(['retry']), String(passing))
  }
  const unknown = await actionsOf('unknown')
  assert.deepEqual(unknown, [...Array<string>(4).fill('retry'), ...Array<string>(4).fill('halt')])
})

test('more than the producer holds at once is set aside in several calls', async () => {
  const setting = createSetting(() => null)
  await setting.run(
    Array.from({ length: 40 }, (_, offset) => refused(offset, Buffer.alloc(1_000_000))),
  )
  assert.equal(setting.there.length, 40)
  assert.equal(setting.calls(), 5)
})

test('who is refused only in the company of others is set aside whole', async () => {
  let together = 0
  const there: OutgoingRecord[] = []
  const setAside = createSetAside({
    target,
    retryLoop: {
      wait: async ({ error }) => assert.fail(error),
      counted: () => {},
      recovered: () => {},
    },
    onShortened: (kind) => assert.fail(kind),
    producer: {
      // As a client does whose errors are those of a whole request.
      produce: async (records) => {
        if (records.length > 1) {
          together++
          return records.map(() => ({
            status: 'unacknowledged',
            reason: 'kafka_unavailable',
            failure: tooLarge,
          }))
        }
        there.push(...records)
        return records.map(() => ({ status: 'acknowledged', offset: 0 }))
      },
    },
  })
  await setAside(LOG, [refused(1, Buffer.from('a')), refused(2, Buffer.from('b'))])
  assert.deepEqual([together, ...there.map(offsetOf)], [1, '1', '2'])
})
