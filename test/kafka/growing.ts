import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** So short that a test can wait for it; all processes of a test must have the same. */
export const QUICK_LEASE = { NODE_ENV: 'test', TEST_PLACE_LEASE_MS: '3000' }

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
const GIVE_UP_AFTER_MS = 60_000

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
async function sendOnce(
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
