import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { ANSWER_LOST_EVENT, JOURNEY, PROPERTIES, timestampOf } from './journey.ts'
import type { Traveller, Visitor } from './travellers.ts'
import type { Witness } from './witness.ts'

/** The slowest SDK waits for half a minute before it sends again. */
export const PATIENCE = { withinMs: 90_000 }

export interface Underway {
  readonly visitor: Visitor
  readonly witness: Witness
  readonly groupId: string
}

/** Each step is over when what it is about has happened, so that every journey has the same course. */
export async function walk(
  { whileOffline }: Traveller,
  { visitor, witness, groupId }: Underway,
): Promise<void> {
  const awaited: string[] = []
  let isOffline = false
  for (const step of JOURNEY) {
    switch (step.does) {
      case 'track': {
        const { event } = step
        if (!isOffline || whileOffline === 'delivered') awaited.push(event)
        const timestamp = timestampOf(event)
        await visitor.track({ event, groupId, timestamp, properties: PROPERTIES })
        break
      }
      case 'enter a tunnel':
        await visitor.lookAway?.()
        await untilArrived(awaited, witness)
        witness.enterTunnel()
        break
      case 'go offline':
        await visitor.lookAway?.()
        await untilSeen('lostAnswers', witness)
        isOffline = true
        await visitor.goOffline?.()
        break
      case 'come back':
        await visitor.lookAway?.()
        if (visitor.goOffline === undefined) await untilSeen('cutRequests', witness)
        isOffline = false
        witness.leaveTunnel()
        await visitor.goOnline?.()
        await untilArrived(awaited, witness)
        if (whileOffline === 'delivered') await untilResent(ANSWER_LOST_EVENT, witness)
        break
      case 'identify':
      case 'reset':
      case 'close':
        await visitor[step.does]()
    }
  }
}

function untilArrived(events: readonly string[], witness: Witness): Promise<void> {
  return eventually(() => {
    const missing = events.filter((event) => arrivals(event, witness) === 0)
    assert.deepEqual(missing, [], 'these have not arrived yet')
  }, PATIENCE)
}

function untilResent(event: string, witness: Witness): Promise<void> {
  const isResent = (): void =>
    assert.ok(arrivals(event, witness) > 1, `${event}: not sent again yet`)
  return eventually(isResent, PATIENCE)
}

function arrivals(event: string, { exchanges }: Witness): number {
  return exchanges.filter(({ body }) => body.includes(JSON.stringify(event))).length
}

function untilSeen(what: keyof Witness['seen'], { seen }: Witness): Promise<void> {
  return eventually(() => assert.ok(seen[what] > 0, `no ${what} yet`), PATIENCE)
}
