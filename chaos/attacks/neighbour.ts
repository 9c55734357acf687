import { randomBytes } from 'node:crypto'
import { openConnection, type RawConnection } from '../../bench/raw-connection.ts'
import { quantile } from '../../bench/quantile.ts'
import type { Target } from './attack.ts'
import { keyHeader, requestOf } from './requests.ts'
import { atRate } from './strike.ts'

/** What somebody with a key, who does nothing unusual, saw. Milliseconds count from when a request was due. */
export interface NeighbourReport {
  readonly sent: number
  /** How often each thing happened instead of 200 `accepted: 1`. */
  readonly failed: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Kept connections that were closed as they were used: sent again on a new one, as clients do. */
  readonly repeated: number
}

const ANSWER_LIMIT_MS = 10_000
/** Each so manieth request opens a connection, as a new client does: a full server shuts out those. */
const NEW_CONNECTION_EVERY = 5

/** Posts single events so often a second, whatever the answers, until the signal is aborted. */
export async function watchNeighbour(
  target: Target,
  perSecond: number,
  signal: AbortSignal,
): Promise<NeighbourReport> {
  const run = randomBytes(4).toString('hex')
  const times: number[] = []
  const failed: Record<string, number> = {}
  const idle: RawConnection[] = []
  const all: RawConnection[] = []
  const open = new Set<Promise<void>>()
  const connections: Connections = {
    open: async () => {
      const connection = await openConnection({ hostname: target.host, port: target.port })
      all.push(connection)
      return connection
    },
    onIdle: (connection) => idle.push(connection),
  }
  let sent = 0
  let repeated = 0

  const post = async (n: number, dueAt: number): Promise<void> => {
    const request = neighbourRequest(target, `${run}.${n}`)
    const kept = n % NEW_CONNECTION_EVERY === 0 ? undefined : idle.pop()
    let outcome = await ask(connections, kept, request)
    if (kept !== undefined && outcome === LOST) {
      repeated += 1
      outcome = await ask(connections, undefined, request)
    }
    times.push(performance.now() - dueAt)
    if (outcome !== ACCEPTED) failed[outcome] = (failed[outcome] ?? 0) + 1
  }

  const startedAt = performance.now()
  await atRate(signal, perSecond, (n) => {
    sent += 1
    const posted: Promise<void> = post(n, startedAt + (n * 1_000) / perSecond)
    open.add(posted)
    void posted.finally(() => open.delete(posted))
  })
  await Promise.all(open)
  for (const connection of all) connection.close()
  const [p50Ms = NaN, p99Ms = NaN, maxMs = NaN] = [0.5, 0.99, 1].map((q) => quantile(times, q))
  return { sent, failed, p50Ms, p99Ms, maxMs, repeated }
}

const ACCEPTED = 'accepted'
const LOST = 'connection lost'

interface Connections {
  /** @throws when the server cannot be reached. */
  readonly open: () => Promise<RawConnection>
  readonly onIdle: (connection: RawConnection) => void
}

/** @param kept is used if there is one; else a connection is opened. */
async function ask(
  connections: Connections,
  kept: RawConnection | undefined,
  request: Buffer,
): Promise<string> {
  const limit = Promise.withResolvers<string>()
  const hang = `no answer in ${ANSWER_LIMIT_MS} ms`
  const timer = setTimeout(() => limit.resolve(hang), ANSWER_LIMIT_MS)
  const outcome = await Promise.race([limit.promise, askOn(connections, kept, request)])
  clearTimeout(timer)
  return outcome
}

async function askOn(
  { open, onIdle }: Connections,
  kept: RawConnection | undefined,
  request: Buffer,
): Promise<string> {
  const connection = kept ?? (await open().catch(() => null))
  if (connection === null) return 'could not connect'
  return new Promise((resolve) => {
    connection.ask(request, ({ status, body }) => {
      if (status === 0) return resolve(LOST)
      onIdle(connection)
      if (status === 200 && body.includes('"accepted":1,')) return resolve(ACCEPTED)
      resolve(`${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`)
    })
  })
}

function neighbourRequest(target: Target, id: string): Buffer {
  const event = {
    event_id: id,
    event: 'feature_used',
    group_id: 'neighbour',
    user_id: 'user_1',
    timestamp: '2026-01-31T09:30:00Z',
    properties: { feature_name: 'analytics_dashboard' },
  }
  const headers = { ...keyHeader(target), 'Content-Type': 'application/json' }
  return requestOf('/track', JSON.stringify(event), headers)
}
