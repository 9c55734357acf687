import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readSetupConfig } from '@custom-events/cli'
import { createOperator, kafkaConfigFrom, type Operator } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import type { ConsumerProcess, World } from '../consumer/world.ts'
import type { IngestProcess } from '../ingest/support.ts'
import { eventually } from '../support/eventually.ts'

/** So short that a test can wait for it; all processes of a test must have the same. */
export const QUICK_LEASE = { NODE_ENV: 'test', TEST_PLACE_LEASE_MS: '3000' }

/** Everything here waits for a condition; a busy machine may take long. */
export const PATIENT = { withinMs: 120_000 }
const log = createLogger({ service: 'test', level: 'silent' })

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/**
 * `custom-events topic` as an operator runs it.
 *
 * @param options.killAt killed with SIGKILL as soon as it has said this.
 */
export async function runTopic(
  args: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string>>
    readonly killAt?: RegExp
  },
): Promise<Ended> {
  const child = spawn(process.execPath, ['cli/src/main.ts', 'topic', ...args], {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (options.killAt?.test(output) === true) child.kill('SIGKILL')
    })
  }
  await once(child, 'close')
  return { code: child.exitCode, output }
}

/** A copy of an event that was accepted. */
export interface Accepted {
  readonly group: string
  readonly id: string
  /** Which copy of the event it is, from 1. */
  readonly copy: number
  readonly receipt: { readonly topic: string; readonly partition: number; readonly offset: number }
}

/** Senders that wait for each answer, one for each account. */
export interface Senders {
  readonly accepted: readonly Accepted[]
  /** Resolves when each has had the last copy of its event accepted. @throws what was wrong with an answer */
  stop(): Promise<void>
}

export const COPIES = 3
const PAUSE_MS = 20
const GIVE_UP_AFTER_MS = 180_000

/**
 * Each sends one event after the other, each three times with another `copy` in its properties, and every copy to another
 * ingest than the one before. What is not accepted is sent again, to the next.
 *
 * @param urls of the ingests, as they are at the moment.
 */
export function startSenders(accounts: number, urls: () => readonly string[]): Senders {
  const accepted: Accepted[] = []
  const stopping = new AbortController()

  const sendUntilAccepted = async (copy: Omit<Accepted, 'receipt'>, turn: number) => {
    const overdueAt = performance.now() + GIVE_UP_AFTER_MS
    for (let attempt = turn; performance.now() < overdueAt; attempt++) {
      const ingests = urls()
      const receipt = await sendOnce(ingests[attempt % ingests.length] ?? '', copy)
      if (receipt !== null) return void accepted.push({ ...copy, receipt })
      await delay(PAUSE_MS)
    }
    throw new Error(`${copy.group} ${copy.id} was not accepted within ${GIVE_UP_AFTER_MS} ms`)
  }

  const send = async (account: number): Promise<void> => {
    const group = `account_${account}`
    for (let number = 0, turn = account; !stopping.signal.aborted; number++) {
      for (let copy = 1; copy <= COPIES; copy++) {
        await sendUntilAccepted({ group, id: `${group}-${number}`, copy }, turn++)
        await delay(PAUSE_MS)
      }
    }
  }

  const running = Promise.all(Array.from({ length: accounts }, (_, account) => send(account)))
  running.catch(() => {}) // told by stop
  return {
    accepted,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

/** @returns `null` when it was not accepted, or nobody knows. @throws when it was rejected. */
export async function sendOnce(
  url: string,
  { group, id, copy }: Omit<Accepted, 'receipt'>,
): Promise<Accepted['receipt'] | null> {
  const body = JSON.stringify({
    event: 'grown',
    event_id: id,
    group_id: group,
    user_id: 'u',
    timestamp: '2026-01-31T09:30:00Z',
    properties: { copy },
  })
  try {
    const response = await fetch(`${url}/track?receipt=1`, { method: 'POST', body })
    const text = await response.text()
    if (response.status === 503 || response.status === 429) return null
    if (response.status !== 200) throw new Rejected(`${response.status} ${text}`)
    const answer = JSON.parse(text) as { results?: { receipt?: Accepted['receipt'] }[] } // ours
    return answer.results?.[0]?.receipt ?? null
  } catch (error) {
    if (error instanceof Rejected) throw error
    return null // it was killed: nobody knows whether it was taken
  }
}

class Rejected extends Error {}

/** Until so many more copies were accepted in a generation. */
export async function untilAccepted(senders: Senders, topic: string, more: number): Promise<void> {
  const count = (): number =>
    senders.accepted.filter(({ receipt }) => receipt.topic === topic).length
  const wanted = count() + more
  await eventually(() => assert.ok(count() >= wanted, `${count()} of ${wanted}`), PATIENT)
}

/** Not only as long as `whenReady`: it may have to wait for the switch, and others use the machine. */
export async function untilReady({ opsUrl, output }: IngestProcess): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${opsUrl}/health/ready`)
    if (!response.ok) throw new Error(`not ready: ${await response.text()}\n${output()}`)
  }, PATIENT)
}

/** Whoever grows a topic looks for the group's members before. */
export async function untilInGroup(consumer: ConsumerProcess): Promise<void> {
  await eventually(async () => assert.deepEqual((await consumer.readiness()).reasons, []), PATIENT)
}

export function operatorOf(world: World): Operator {
  return createOperator(kafkaConfigFrom(readSetupConfig(world.environment).config), log)
}

/** An event as analysts see it, and where it lies. */
interface Row {
  readonly group_id: string
  readonly event_id: string
  readonly copy: number
  readonly generation: number
  readonly kafka_partition: number
}

export const rowsOf = (world: World) =>
  world.clickhouse.query<Row>(
    `SELECT group_id, event_id, toUInt8(JSONExtractInt(properties, 'copy')) AS copy, kafka_partition,
            toUInt16(bitShiftRight(version, 48)) AS generation
     FROM tracked WHERE event = 'grown'`,
  )

/**
 * Which events lie where, when as many are there as were accepted, and of each the last copy.
 *
 * @returns with the generations that they lie in numbered from 1
 */
export async function lastCopies(world: World, accepted: readonly Accepted[]) {
  const ids = new Set(accepted.map(({ id }) => id))
  const rows = await eventually(async () => {
    const found = await rowsOf(world)
    const older = found.filter(({ copy }) => copy !== COPIES)
    assert.deepEqual([found.length, older], [ids.size, []])
    return found
  }, PATIENT)
  assert.deepEqual(new Set(rows.map(({ event_id: id }) => id)), ids)
  const numbers = [...new Set(rows.map(({ generation }) => generation))].toSorted((a, b) => a - b)
  return rows.map((row) => ({ ...row, generation: numbers.indexOf(row.generation) + 1 }))
}
