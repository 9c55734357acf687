import { setTimeout as delay } from 'node:timers/promises'
import { brokerActs } from './broker-faults.ts'
import { clockActs } from './clock-faults.ts'
import { diskActs } from './disk-faults.ts'
import { victimShard, type Act, type Hands, type Outcome } from './hands.ts'
import { createLocks } from './locks.ts'
import type { PoisonStore } from './poison.ts'
import {
  freezeBriefly,
  freezeIngest,
  joinConsumer,
  leaveConsumer,
  makeZombie,
  reachFailpoint,
  restartIngest,
  signalConsumer,
} from './process-faults.ts'
import { storm } from './rebalance-storm.ts'
import type { Fault, FaultKind } from './schedule.ts'
import {
  freezeServers,
  hurtFetchLink,
  hurtLink,
  injectPoison,
  killEverything,
  killKafka,
  killServers,
  refuseDeadLetters,
} from './server-faults.ts'
import { killShard } from './shard-faults.ts'
import { tableActs } from './table-faults.ts'
import type { World } from './world.ts'

/** A fault that was done. */
export interface Done extends Outcome {
  readonly fault: Fault
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** Does every fault at its time; resolves when the last one is healed. */
export async function doFaults(options: {
  readonly schedule: readonly Fault[]
  readonly world: World
  readonly poison: PoisonStore
  readonly signal: AbortSignal
  readonly onBegin: (fault: Fault) => void
  readonly onDone: (done: Done) => void
}): Promise<void> {
  const { schedule, onBegin, onDone, signal } = options
  const locks = createLocks()
  const startedAt = performance.now()
  await Promise.all(
    schedule.map(async (fault) => {
      const waitMs = Math.max(0, fault.atMs - (performance.now() - startedAt))
      await delay(waitMs, null, { signal }).catch(() => {})
      if (signal.aborted) return
      onBegin(fault)
      let startedAtMs = Date.now()
      const onTaken = (): void => void (startedAtMs = Date.now())
      const outcome = await act({ ...options, locks, onTaken }, fault)
      onDone({ fault, startedAtMs, endedAtMs: Date.now(), ...outcome })
    }),
  )
}

/** One function per kind: what is done, for how long, and how it is healed. */
const acts: Readonly<Record<FaultKind, Act>> = {
  ...brokerActs,
  ...clockActs,
  ...diskActs,
  ...tableActs,
  rebalance_storm: storm,
  consumer_kill: (hands, fault) => signalConsumer(hands, fault, 'SIGKILL'),
  consumer_term: (hands, fault) => signalConsumer(hands, fault, 'SIGTERM'),
  consumer_freeze: freezeBriefly,
  consumer_zombie: makeZombie,
  consumer_join: joinConsumer,
  consumer_leave: leaveConsumer,
  failpoint_on_assignment: reachFailpoint,
  failpoint_after_fetch: reachFailpoint,
  failpoint_before_insert: reachFailpoint,
  failpoint_after_insert: reachFailpoint,
  failpoint_after_commit: reachFailpoint,
  failpoint_before_dead_letter: reachFailpoint,
  failpoint_after_dead_letter: reachFailpoint,
  ingest_kill: (hands) => restartIngest(hands, 'SIGKILL'),
  ingest_term: (hands) => restartIngest(hands, 'SIGTERM'),
  ingest_freeze: freezeIngest,
  clickhouse_kill: killShard,
  clickhouse_freeze: (hands, fault) =>
    freezeServers(hands, fault, [victimShard(hands, fault).server]),
  kafka_kill: killKafka,
  kafka_freeze: (hands, fault) => freezeServers(hands, fault, hands.world.stack.brokers),
  registry_kill: (hands, fault) => killServers(hands, fault, [hands.world.stack.registry]),
  poison: injectPoison,
  dead_letters_refused: refuseDeadLetters,
  insert_link_latency: hurtLink('insert', { kind: 'latency', ms: 1_000 }),
  insert_link_rate: hurtLink('insert', { kind: 'rate', bytesPerSecond: 200_000 }),
  insert_link_blackhole: hurtLink('insert', { kind: 'blackhole' }),
  insert_link_refuse: hurtLink('insert', { kind: 'refuse' }),
  insert_link_reset: hurtLink('insert', { kind: 'reset' }),
  insert_link_drop_answer: hurtLink('insert', { kind: 'drop_answer' }),
  insert_link_slice: hurtLink('insert', { kind: 'slice', maxBytes: 7 }),
  insert_link_cut: hurtLink('insert', { kind: 'cut', afterBytes: 20_000 }),
  produce_link_latency: hurtLink('produce', { kind: 'latency', ms: 1_000 }),
  produce_link_blackhole: hurtLink('produce', { kind: 'blackhole' }),
  produce_link_reset: hurtLink('produce', { kind: 'reset' }),
  produce_link_drop_answer: hurtLink('produce', { kind: 'drop_answer' }),
  produce_link_slice: hurtLink('produce', { kind: 'slice', maxBytes: 7 }),
  fetch_link_latency: hurtFetchLink({ kind: 'latency', ms: 1_000 }),
  fetch_link_blackhole: hurtFetchLink({ kind: 'blackhole' }),
  fetch_link_reset: hurtFetchLink({ kind: 'reset' }),
  fetch_link_drop_answer: hurtFetchLink({ kind: 'drop_answer' }),
  fetch_link_slice: hurtFetchLink({ kind: 'slice', maxBytes: 7 }),
  everything_kill: killEverything,
}

function act(hands: Hands, fault: Fault): Promise<Outcome> {
  return acts[fault.kind](hands, fault)
}
