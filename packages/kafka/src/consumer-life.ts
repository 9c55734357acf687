import { setTimeout as delay } from 'node:timers/promises'
import { fullJitter, type Logger } from '@custom-events/service'
import type { MemoryBudget } from './consumer-budget.ts'
import { groupErrorOf } from './consumer-errors.ts'
import type { GroupMember, GroupTimes } from './consumer-group.ts'
import type { FetchedRecords, PartitionOffset } from './consumer-port.ts'
import { UnreadableRecords } from './unreadable-records.ts'

/** Why an assignment ended: the group wants us to join again, Kafka was lost, or we are closing. */
export type EndOfAssignment = 'rejoin' | 'lost' | 'closing'

export interface AssignmentHooks {
  readonly onRecords: (fetched: FetchedRecords) => void
  readonly onEndOffsets: (offsets: readonly PartitionOffset[]) => void
  /** Called once, when the assignment ends; heartbeats go on until it resolves. */
  readonly onEnding: (end: EndOfAssignment) => Promise<void>
}

const FETCH_RETRY = { baseMs: 100, maxMs: 2_000 }
const END_OFFSETS_EVERY_MS = 5_000
const LOOK_FOR_BROKERS_EVERY_MS = 1_000
/** Damage that stays, as on a disk, holds up all that a broker leads: it must not be told only once. */
const TELL_DAMAGE_EVERY_MS = 60_000

/** Reads the assigned partitions and keeps the membership alive, until the assignment ends. */
export async function liveAssignment(options: {
  readonly member: GroupMember
  readonly times: GroupTimes
  readonly budget: MemoryBudget
  readonly closing: AbortSignal
  readonly log: Logger
  readonly hooks: AssignmentHooks
  /** Milliseconds of a clock that never jumps. @default performance.now */
  readonly now?: () => number
}): Promise<EndOfAssignment> {
  const { member, times, budget, log, hooks, now = () => performance.now() } = options
  const ending = new AbortController()
  const released = new AbortController()
  const end = (why: EndOfAssignment): void => ending.abort(why)
  const onClosing = (): void => end('closing')
  options.closing.addEventListener('abort', onClosing, { once: true })
  if (options.closing.aborted) end('closing')
  let lastFetchAt = now()
  let tellDamageAt = -Infinity

  /** A rebalance is heard of here; while the work in hand is finished, heartbeats keep the place. */
  const heartbeats = async (): Promise<void> => {
    for (let lastOkAt = now(); !released.signal.aborted;) {
      await pause(times.heartbeatMs, released.signal)
      try {
        await member.heartbeat()
        lastOkAt = now()
      } catch (error) {
        log.debug({ err: error }, 'heartbeat failed')
        if (groupErrorOf(error) === 'rejoin') end('rejoin')
        else if (now() - lastOkAt > times.sessionTimeoutMs) end('lost')
      }
    }
  }

  const fetchFrom = async (nodeId: number): Promise<void> => {
    for (let failures = 0; !ending.signal.aborted && member.nodeIds().includes(nodeId);) {
      if (budget.isPaused) {
        await budget.room(ending.signal)
        // Kafka was not asked meanwhile, so that its silence says nothing about it.
        lastFetchAt = now()
      }
      if (ending.signal.aborted) return
      try {
        const fetched = await member.fetch(nodeId)
        lastFetchAt = now()
        // What arrives after the end is read again by whoever owns the partition next.
        let unreadable: UnreadableRecords | null = null
        for (const each of fetched) {
          if (each instanceof UnreadableRecords) unreadable = each
          else if (!ending.signal.aborted) hooks.onRecords(each)
        }
        if (unreadable !== null) throw unreadable
        failures = 0
      } catch (error) {
        if (error instanceof UnreadableRecords && now() >= tellDamageAt) {
          tellDamageAt = now() + TELL_DAMAGE_EVERY_MS
          log.warn(
            { err: error, nodeId, failures },
            'fetched records cannot be read, fetching again',
          )
        } else log.debug({ err: error, nodeId }, 'fetch failed')
        if (groupErrorOf(error) !== 'passing') return end('rejoin')
        if (now() - lastFetchAt > times.sessionTimeoutMs) return end('lost')
        await pause(fullJitter(failures++, FETCH_RETRY), ending.signal)
        await member.refresh(error).catch(() => {})
      }
    }
  }

  /** Each broker is read by a loop of its own, so that none waits for another. */
  const fetches = async (): Promise<void> => {
    const loops = new Map<number, Promise<void>>()
    while (!ending.signal.aborted) {
      for (const nodeId of member.nodeIds()) {
        if (loops.has(nodeId)) continue
        loops.set(
          nodeId,
          fetchFrom(nodeId).finally(() => loops.delete(nodeId)),
        )
      }
      await pause(LOOK_FOR_BROKERS_EVERY_MS, ending.signal)
    }
    await Promise.all(loops.values())
  }

  const endOffsets = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await pause(END_OFFSETS_EVERY_MS, ending.signal)
      if (!ending.signal.aborted) await member.endOffsets().then(hooks.onEndOffsets, () => {})
    }
  }

  const ended = Promise.withResolvers<EndOfAssignment>()
  const onEnding = (): void => ended.resolve(ending.signal.reason as EndOfAssignment) // set by `end`
  if (ending.signal.aborted) onEnding()
  else ending.signal.addEventListener('abort', onEnding, { once: true })
  const loops = [heartbeats(), fetches(), endOffsets()]
  const why = await ended.promise
  options.closing.removeEventListener('abort', onClosing)
  await hooks.onEnding(why)
  released.abort()
  await Promise.all(loops)
  return why
}

/** Waits, or not, when aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, null, { signal }).catch(() => {})
}
