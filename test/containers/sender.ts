import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import type { Compose } from './compose.ts'

const SENDERS = 4
const PAUSE_MS = 50
const OUTAGE_MS = 180_000
const CATCH_UP_MS = 150_000

/** Producers at work: each sends an event again until it is accepted, then the next. */
export interface Sender extends AsyncDisposable {
  /** How many events were accepted so far. */
  readonly accepted: number
  /** Resolves when events are being accepted again, or still. */
  untilAccepting(): Promise<void>
  /** Stops; resolves when every accepted event is one row. @throws when one is lost or doubled */
  verify(): Promise<void>
}

export function startSending(project: Pick<Compose, 'post' | 'query'>): Sender {
  const user = `sender-${randomUUID()}`
  const accepted = new Set<string>()
  const stopping = new AbortController()
  const givingUp = new AbortController()

  const sendOne = async (id: string, number: number): Promise<void> => {
    const body = JSON.stringify({
      event: 'sent',
      event_id: id,
      group_id: `account_${number % 24}`,
      user_id: user,
      timestamp: '2026-01-31T09:30:00Z',
    })
    await eventually(
      async () => {
        if (givingUp.signal.aborted) return
        const answer = await project.post(body)
        assert.equal(answer.status, 200, await answer.text())
      },
      { withinMs: OUTAGE_MS, everyMs: 250 },
    )
    if (!givingUp.signal.aborted) accepted.add(id)
  }
  const work = async (sender: number): Promise<void> => {
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      await sendOne(`${sender}-${number}`, sender + number * SENDERS)
      await delay(PAUSE_MS)
    }
  }
  const stop = async (): Promise<void> => {
    stopping.abort()
    await working
  }
  const working = Promise.all(Array.from({ length: SENDERS }, (_, sender) => work(sender)))
  working.catch(() => {}) // told by verify
  return {
    get accepted() {
      return accepted.size
    },
    untilAccepting: async () => {
      const before = accepted.size
      await eventually(() => assert.ok(accepted.size > before + SENDERS), { withinMs: OUTAGE_MS })
    },
    verify: async () => {
      await stop()
      const expected = [...accepted].toSorted()
      await eventually(
        async () => {
          const rows = await project.query<{ event_id: string }>(
            `SELECT event_id FROM tracked WHERE user_id = '${user}'`,
          )
          assert.deepEqual(rows.map((row) => row.event_id).toSorted(), expected)
        },
        { withinMs: CATCH_UP_MS, everyMs: 500 },
      )
      assert.deepEqual(
        await project.query(
          'SELECT kafka_partition, kafka_offset FROM events GROUP BY ALL HAVING count() > 1',
        ),
        [],
        'a record was inserted twice',
      )
    },
    [Symbol.asyncDispose]: async () => {
      givingUp.abort()
      await stop().catch(() => {}) // told by verify
    },
  }
}
