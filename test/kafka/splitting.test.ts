// An account is split, and unsplit again, under load: its events are spread, each is there once, and its last copy is the one that is seen.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { partitionOf, partitionOfEvent, splitAccounts } from '@custom-events/event'
import { erasedTopic, generationTopic, writeGeneration } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { createWorld } from '../consumer/world.ts'
import { startIngest, type IngestProcess } from '../ingest/support.ts'
import { runCli } from '../support/cli-command.ts'
import { eventually } from '../support/eventually.ts'
import type { Servers } from '../support/server-addresses.ts'
import { servers } from '../support/servers.ts'
import {
  COPIES,
  lastCopies,
  operatorOf,
  PATIENT,
  QUICK_LEASE,
  rowsOf,
  runTopic,
  sendOnce,
  startSenders,
  untilAccepted,
  untilInGroup,
  untilReady,
  type Accepted,
} from './growing.ts'

const PARTITIONS = 4
const ACCOUNTS = 4
const HOT = 'account_1'
const SOME = 30
/** What `startSenders` sends. */
const SENT = { event: 'grown', timestamp: Date.parse('2026-01-31T09:30:00Z') }

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const log = createLogger({ service: 'test', level: 'silent' })

function placeOf(group: string, id: string, split: readonly string[]): number {
  const event = { ...SENT, group_id: group, event_id: id }
  return partitionOfEvent(event, { partitions: PARTITIONS, split: splitAccounts(split, 1) })
}

/** One copy of an event of the account, sent until it is accepted. */
function accept({ url }: IngestProcess, id: string, copy: number): Promise<Accepted> {
  const sent = { group: HOT, id, copy }
  return eventually(async () => {
    const receipt = await sendOnce(url, sent)
    assert.ok(receipt !== null)
    return { ...sent, receipt }
  }, PATIENT)
}

/** None of them hears of it, nor switches, when another does. */
async function freezeInTurn(ingests: readonly IngestProcess[]): Promise<void> {
  for (const each of ingests) {
    each.kill('SIGSTOP')
    await delay(1_200)
    each.kill('SIGCONT')
  }
}

void suite('splitting', { concurrency: 2 }, () => {
  test('an account is split under load while ingests switch one by one, and unsplit again', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const topics = [1, 2, 3].map((number) => generationTopic(world.topics.tracked, number))
    const [first = '', second = '', third = ''] = topics
    await using resources = new AsyncDisposableStack()
    const start = async (): Promise<IngestProcess> => {
      const ingest = resources.use(await startIngest(environment))
      await untilReady(ingest)
      return ingest
    }
    const ingests = await Promise.all([start(), start(), start()])
    const [one] = ingests
    assert.ok(one !== undefined)
    const consumer = await world.startConsumer()
    await untilInGroup(consumer)
    const senders = startSenders(ACCOUNTS, () => ingests.map(({ url }) => url))
    await untilAccepted(senders, first, SOME)
    const others = [await accept(one, 'across', 1)]

    const said = await runTopic(['grow', '--split', HOT], { environment })
    assert.match(said.output, /Would make \S+\.g2 with 4 partitions and account_1 split/)
    const splitting = runTopic(['grow', '--split', HOT, '--yes'], { environment })
    await freezeInTurn(ingests)
    assert.equal((await splitting).code, 0, (await splitting).output)
    await untilAccepted(senders, second, 4 * SOME)
    others.push(await accept(one, 'across', 2))

    consumer.kill('SIGKILL')
    await world.startConsumer()
    const unsplitting = runTopic(['grow', '--unsplit', HOT, '--yes'], { environment })
    await freezeInTurn(ingests)
    assert.equal((await unsplitting).code, 0, (await unsplitting).output)
    await untilAccepted(senders, third, SOME)
    others.push(await accept(one, 'across', COPIES))
    await senders.stop()

    assert.deepEqual(others.map(({ receipt }) => receipt.topic), topics) // prettier-ignore
    const accepted = [...senders.accepted, ...others]
    for (const { group, id, receipt } of accepted) {
      const split = receipt.topic === second ? [HOT] : []
      assert.equal(receipt.partition, placeOf(group, id, split), `${group} ${id} ${receipt.topic}`)
    }
    for (const row of await lastCopies(world, accepted)) {
      const split = row.generation === 2 ? [HOT] : []
      assert.equal(row.kafka_partition, placeOf(row.group_id, row.event_id, split))
    }
    for (const topic of topics) {
      for (const [group, copies] of Map.groupBy(senders.accepted, (each) => each.group)) {
        const there = copies.filter(({ receipt }) => receipt.topic === topic)
        const used = new Set(there.map(({ receipt }) => receipt.partition))
        if (topic === second && group === HOT) assert.ok(used.size > 1, `${there.length} in one`)
        else assert.deepEqual([...used], [partitionOf(group, PARTITIONS)], `${group} ${topic}`)
      }
    }
    // In the order of its sender, no account goes back.
    for (const [group, copies] of Map.groupBy(senders.accepted, (each) => each.group)) {
      const order = copies.map(({ receipt }) => topics.indexOf(receipt.topic))
      assert.deepEqual(order, order.toSorted((a, b) => a - b), group) // prettier-ignore
    }
  })

  test('what is split outlives the topic that tells of it, is begun by one command only, and is kept by a replay', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const [old, next] = [world.topics.tracked, generationTopic(world.topics.tracked, 2)]
    const operator = operatorOf(world)
    const { config } = readSetupConfig(environment)
    // Another command has begun it and died before its announcement.
    const begun = { generation: 2, topic: next, partitions: PARTITIONS, isOpen: false }
    await operator.createTopic(next, PARTITIONS)
    await operator.createTopic(`${next}.partitions-${PARTITIONS}`, 1)
    await eventually(() =>
      operator.produce(`${next}.partitions-${PARTITIONS}`, [
        { partition: 0, ...writeGeneration({ ...begun, split: splitAccounts([HOT], 1) }) },
      ]),
    )
    const other = await runTopic(['grow', '--split', 'account_2', '--no-consumers', '--yes'], { environment }) // prettier-ignore
    assert.equal(other.code, 1)
    assert.match(other.output, /was begun with 4 partitions and account_1 split: finish that first \(--partitions 4 --split account_1\)/) // prettier-ignore
    const finished = await runTopic(['grow', '--partitions', '4', '--split', HOT, '--no-consumers', '--yes'], { environment }) // prettier-ignore
    assert.equal(finished.code, 0, finished.output)
    // Its record is to be read for ever, and this topic had the broker's retention.
    const kept = await operator.topicSettings(`${next}.partitions-${PARTITIONS}`)
    assert.equal(kept.get('retention.ms'), '-1')

    await operator.deleteTopic(erasedTopic(old))
    const lines: string[] = []
    await eventually(() => setUp(config, log, (line) => void lines.push(line)))
    assert.match(lines.join('\n'), /4 partitions, announced again\n {2}split: account_1/)
    await using ingest = await startIngest(environment)
    await untilReady(ingest)
    await world.startConsumer()
    const refused = `ALTER TABLE events ADD CONSTRAINT no_poison CHECK JSONExtractInt(properties, 'copy') != 1`
    await world.clickhouse.command(refused)
    await world.setUp() // makes the probe table anew, with the constraint: rows may come together
    const accepted: Accepted[] = []
    for (const id of ['a', 'b', 'c', 'd', 'e']) accepted.push(await accept(ingest, id, COPIES))
    for (const id of ['f', 'g', 'h']) accepted.push(await accept(ingest, id, 1))
    assert.ok(new Set(accepted.map(({ receipt }) => receipt.partition)).size > 1)
    await eventually(async () => {
      const letters = await world.clickhouse.query('SELECT 1 FROM dead_letters FINAL')
      assert.equal(letters.length, 3)
    }, PATIENT)
    await world.clickhouse.command('ALTER TABLE events DROP CONSTRAINT no_poison')
    await world.setUp()
    const replayed = await runCli(['replay', '--from', 'dead-letters'], { environment: { ...environment, AUTH_MODE: 'off' } }) // prettier-ignore
    assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr)
    await eventually(async () => {
      const rows = await rowsOf(world)
      assert.equal(rows.length, accepted.length)
      for (const { event_id: id, kafka_partition: partition } of rows)
        assert.equal(partition, placeOf(HOT, id, [HOT]), id)
    }, PATIENT)
    for (const { id, receipt } of accepted) {
      assert.deepEqual([receipt.topic, receipt.partition], [next, placeOf(HOT, id, [HOT])])
    }
  })

  test('a split by another number of shards is refused to who reads, too, and can be taken back', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const [old, next] = [world.topics.tracked, generationTopic(world.topics.tracked, 2)]
    const consumer = await world.startConsumer()
    await untilInGroup(consumer)
    const grow = ['grow', '--split', HOT, '--yes']
    const mistaken = { environment: { ...environment, CLICKHOUSE_SHARDS: '2' } }
    const refused = await runTopic(grow, mistaken)
    assert.equal(refused.code, 1, refused.output)
    assert.match(refused.output, /shard-1-of-2, \S+shard-2-of-2 have neither members nor commits/)
    const insisted = await runTopic([...grow, '--no-consumers'], mistaken)
    assert.equal(insisted.code, 0, insisted.output)
    assert.match(insisted.output, /its shard of the 2 \(CLICKHOUSE_SHARDS\)/)
    await eventually(async () => {
      const { isReady, reasons } = await consumer.readiness()
      assert.equal(isReady, false)
      assert.match(reasons.join(), /of one of 2 shards, and this program counts 1/)
    }, PATIENT)

    // As the runbook has it.
    const operator = operatorOf(world)
    await operator.deleteTopic(`${next}.partitions-${PARTITIONS}`)
    await operator.produce(erasedTopic(old), [{ partition: 0, key: 'generation:2', value: null }])
    await untilInGroup(consumer)
    const mended = await runTopic(grow, { environment })
    assert.equal(mended.code, 0, mended.output)
    await untilInGroup(consumer)
    await using ingest = await startIngest(environment)
    await untilReady(ingest)
    for (const id of ['a', 'b', 'c']) {
      const { receipt } = await accept(ingest, id, COPIES)
      assert.deepEqual([receipt.topic, receipt.partition], [next, placeOf(HOT, id, [HOT])])
    }
    await eventually(async () => assert.equal((await rowsOf(world)).length, 3), PATIENT)
  })
})
