// A topic grows under load, while everything that takes part in it is killed or frozen: no event is lost, no update either.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setUp } from '@custom-events/cli'
import { partitionOf } from '@custom-events/event'
import { erasedTopic, generationTopic, writeGeneration } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { readSetupConfig } from '@custom-events/cli'
import { counts, createWorld, sampleEvent } from '../consumer/world.ts'
import { startIngest, type IngestProcess } from '../ingest/support.ts'
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
  startSenders,
  untilAccepted,
  untilInGroup,
  untilReady,
} from './growing.ts'

const BEFORE = 4
const AFTER = 10
const ACCOUNTS = 6
const SOME = 30

let stack: Servers
before(async () => {
  stack = await servers()
})
after(() => stack[Symbol.asyncDispose]())

const log = createLogger({ service: 'test', level: 'silent' })

void suite('growing', { concurrency: 3 }, () => {
  test('a topic grows under load while ingests, consumers and the command are killed or frozen', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const [old, next] = [world.topics.tracked, generationTopic(world.topics.tracked, 2)]
    await using resources = new AsyncDisposableStack()
    const start = async (): Promise<IngestProcess> => {
      const ingest = resources.use(await startIngest(environment))
      await untilReady(ingest)
      return ingest
    }
    const ingests = await Promise.all([start(), start(), start()])
    const [frozen, killed] = ingests
    assert.ok(frozen !== undefined && killed !== undefined)
    const consumer = await world.startConsumer()
    await untilInGroup(consumer)
    const urls = ingests.map(({ url }) => url)
    const senders = startSenders(ACCOUNTS, () => urls)
    await untilAccepted(senders, old, SOME)

    // The command died after its topic was made: nothing has happened. Then it dies after its announcement.
    const grow = ['grow', '--partitions', String(AFTER)]
    await operatorOf(world).createTopic(next, AFTER)
    await untilAccepted(senders, old, SOME)
    const announced = await runTopic([...grow, '--yes'], { environment, killAt: /announced/ })
    assert.match(announced.output, /announced/)

    // One is frozen across the switch, one is killed and another takes its place, and so is a consumer.
    frozen.kill('SIGSTOP')
    killed.kill('SIGKILL')
    urls.splice(0, 2) // whose request the frozen one has waits; the others go on
    const late = resources.use(await startIngest(environment))
    consumer.kill('SIGKILL')
    await world.startConsumer()
    await untilAccepted(senders, next, 1)
    frozen.kill('SIGCONT')
    await untilReady(late)
    urls.push(late.url, frozen.url)
    await untilAccepted(senders, next, SOME)
    assert.equal((await runTopic([...grow, '--yes'], { environment })).code, 0)
    await senders.stop()

    const rows = await lastCopies(world, senders.accepted)
    assert.equal(new Set(rows.map(({ generation }) => generation)).size, 2)
    for (const { group_id: group, generation, kafka_partition: partition } of rows) {
      const partitions = generation === 1 ? BEFORE : AFTER
      assert.equal(partition, partitionOf(group, partitions))
    }
    // Of an account nothing was accepted in the old one after anything in the new one, in the order of its sender.
    for (const [group, copies] of Map.groupBy(senders.accepted, (each) => each.group)) {
      const topics = copies.map(({ receipt }) => receipt.topic)
      assert.equal(topics.lastIndexOf(old) < topics.indexOf(next), true, group)
    }

    const at = Date.now()
    const complete = await eventually(async () => {
      const found = await world.clickhouse.query<{ until: string; partitions: string }>(
        `SELECT toString(toUnixTimestamp64Milli(complete_until)) AS until, partitions FROM complete_until WHERE topic = '${old}'`,
      )
      assert.ok(Number(found[0]?.until) > at, JSON.stringify(found))
      return found
    }, PATIENT)
    assert.deepEqual(
      complete.map(({ partitions }) => Number(partitions)),
      [BEFORE + AFTER],
    )
    const response = await fetch(`${late.url}/track?wait=queryable`, {
      method: 'POST',
      body: '{"event":"e","event_id":"waited","group_id":"account_1","user_id":"u","timestamp":"2026-01-31T09:30:00Z"}',
    })
    assert.match(await response.text(), /"queryable":\s?true/)
  })

  test('a consumer that is killed anywhere between the generations loses and doubles nothing', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const [old, next] = [world.topics.tracked, generationTopic(world.topics.tracked, 2)]
    const operator = operatorOf(world)
    await operator.createTopic(next, AFTER)
    const generation = { generation: 2, topic: next, partitions: AFTER, isOpen: true }
    await operator.produce(erasedTopic(old), [{ partition: 0, ...writeGeneration(generation) }])
    const indexes = Array.from({ length: 300 }, (_, index) => index)
    const copy = (index: number, number: number) => ({
      ...world.record(index, {
        event: 'grown',
        properties: JSON.stringify({ copy: number }),
        received_at: sampleEvent(index).received_at + number,
      }),
    })
    // A third is only in the old one, a third in both, a third only in the new one.
    await world.produce(indexes.slice(0, 200).map((index) => copy(index, 1)))
    const moved = indexes.slice(100).map((index) => {
      const { key, value } = copy(index, COPIES)
      assert.ok(key !== null)
      return { partition: partitionOf(String(key), AFTER), key, value }
    })
    await operator.produce(next, moved)
    for (const FAILPOINT of [
      'on_assignment',
      'after_fetch',
      'before_insert',
      'after_insert',
      'after_commit',
    ]) {
      const consumer = await world.startConsumer({ FAILPOINT, BATCH_MAX_ROWS: '40' })
      const { signal } = await consumer.exit
      assert.equal(signal, 'SIGKILL', FAILPOINT)
    }
    await world.startConsumer()
    await eventually(async () => {
      const rows = await rowsOf(world)
      const newest = rows.filter(({ copy: seen }) => seen === COPIES)
      assert.deepEqual([rows.length, newest.length], [300, 200])
    }, PATIENT)
    const { physical, offsets } = await counts(world)
    assert.equal(physical, offsets, 'no record is there twice')
  })

  test('generations outlive the topic that tells of them, and one that was not announced is not', async () => {
    await using world = await createWorld(stack, QUICK_LEASE)
    const { environment } = world
    const [old, next] = [world.topics.tracked, generationTopic(world.topics.tracked, 2)]
    const grow = ['grow', '--partitions', String(AFTER), '--no-consumers', '--yes']
    const operator = operatorOf(world)
    const lines: string[] = []
    const { config } = readSetupConfig(environment)
    // As the command leaves it when it dies before its announcement.
    await operator.createTopic(next, AFTER)
    await operator.createTopic(`${next}.partitions-${AFTER}`, 1)
    await setUp(config, log, (line) => void lines.push(line))
    assert.doesNotMatch(lines.join('\n'), /announced/)
    const wrong = ['grow', '--partitions', '12', '--no-consumers', '--yes']
    assert.match((await runTopic(wrong, { environment })).output, /accounts are placed with 10/)
    assert.equal((await runTopic(grow, { environment })).code, 0)

    await operator.deleteTopic(erasedTopic(old))
    await eventually(() => setUp(config, log, (line) => void lines.push(line)))
    assert.match(lines.join('\n'), /10 partitions, announced again/)
    await using ingest = await startIngest(environment)
    await untilReady(ingest)
    const senders = startSenders(1, () => [ingest.url])
    await untilAccepted(senders, next, 3)
    await senders.stop()
    assert.ok(senders.accepted.every(({ receipt }) => receipt.topic === next))
  })
})
