import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '@custom-events/embedded'
import { createLocks, type Locks } from './locks.ts'
import type { PoisonStore } from './poison.ts'
import type { LinkMode } from './proxy.ts'
import type { Fault, FaultKind } from './schedule.ts'
import type { Links } from './servers.ts'
import type { World } from './world.ts'

/** A fault that was done. */
export interface Done {
  readonly fault: Fault
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** What happened, for the report. */
  readonly what: string
  /** It did what it was meant to do; a failpoint may never be reached, a link may be idle. */
  readonly isHit: boolean
}

type Outcome = Pick<Done, 'what' | 'isHit'>

interface Hands {
  readonly world: World
  readonly locks: Locks
  readonly poison: PoisonStore
  readonly signal: AbortSignal
  /** Called when the fault has its victims to itself; it may have waited for them. */
  readonly onTaken: () => void
}

/** Longer than the session time-out of the consumers: another member has taken over by then. */
const ZOMBIE_MS = 9_000
const SHORTER_THAN_SESSION_MS = 4_000
const SHORTER_THAN_PATIENCE_MS = 5_000
const LESS_THAN_BATCH_AGE_MS = 150
const IDLE_LINK_LIMIT_MS = 45_000
const FAILPOINT_LIMIT_MS = 45_000

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
const acts: Readonly<Record<FaultKind, (hands: Hands, fault: Fault) => Promise<Outcome>>> = {
  consumer_kill: (hands, fault) => signalConsumer(hands, fault, 'SIGKILL'),
  consumer_term: (hands, fault) => signalConsumer(hands, fault, 'SIGTERM'),
  consumer_freeze: (hands, fault) =>
    freezeConsumer(hands, fault, Math.min(fault.durationMs, SHORTER_THAN_SESSION_MS)),
  consumer_zombie: (hands, fault) => freezeConsumer(hands, fault, ZOMBIE_MS),
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
  clickhouse_kill: (hands, fault) => killServer(hands, fault, hands.world.stack.clickhouse),
  clickhouse_freeze: (hands, fault) => freezeServer(hands, fault, hands.world.stack.clickhouse),
  kafka_kill: killKafka,
  kafka_freeze: (hands, fault) => freezeServer(hands, fault, hands.world.stack.kafka),
  registry_kill: (hands, fault) => killServer(hands, fault, hands.world.stack.registry),
  poison: injectPoison,
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

function consumers({ world }: Hands, victim: number): readonly string[] {
  const names = world.supervisor.names().filter((name) => name.startsWith('consumer'))
  const first = Math.floor(victim * names.length)
  return [...names.slice(first), ...names.slice(0, first)]
}

async function withConsumer(
  hands: Hands,
  fault: Fault,
  use: (name: string) => Promise<Outcome>,
): Promise<Outcome> {
  const { name, release } = await hands.locks.any(() => consumers(hands, fault.victim))
  hands.onTaken()
  try {
    return await use(name)
  } finally {
    release()
  }
}

function signalConsumer(hands: Hands, fault: Fault, signal: NodeJS.Signals): Promise<Outcome> {
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    supervisor.signal(name, signal)
    const isDead = await supervisor.dies(name, 35_000)
    return { what: `${name}: ${signal}`, isHit: isDead }
  })
}

function freezeConsumer(hands: Hands, fault: Fault, ms: number): Promise<Outcome> {
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    supervisor.signal(name, 'SIGSTOP')
    await delay(ms)
    supervisor.signal(name, 'SIGCONT')
    return { what: `${name}: frozen for ${ms} ms`, isHit: true }
  })
}

async function joinConsumer({ world }: Hands, fault: Fault): Promise<Outcome> {
  const name = `joining-${fault.number}`
  await world.startConsumer(name)
  const isHit = await world.supervisor.becomesReady(name, FAILPOINT_LIMIT_MS)
  await delay(fault.durationMs)
  await world.supervisor.remove(name)
  return { what: `${name}: joined and left after ${fault.durationMs} ms`, isHit }
}

function leaveConsumer(hands: Hands, fault: Fault): Promise<Outcome> {
  return withConsumer(hands, fault, async (name) => {
    await hands.world.supervisor.remove(name)
    await delay(fault.durationMs)
    await hands.world.startConsumer(name)
    return { what: `${name}: left, came back after ${fault.durationMs} ms`, isHit: true }
  })
}

function reachFailpoint(hands: Hands, fault: Fault): Promise<Outcome> {
  const failpoint = fault.kind.slice('failpoint_'.length)
  const { supervisor } = hands.world
  return withConsumer(hands, fault, async (name) => {
    await supervisor.restartWith(name, { FAILPOINT: failpoint })
    if (failpoint.endsWith('dead_letter')) {
      // Not before it has partitions, or another member sets the poison aside.
      await supervisor.becomesReady(name, FAILPOINT_LIMIT_MS / 2)
      // Whichever partitions it got, there is something to set aside in them.
      await injectEverywhere(hands)
    }
    const isHit = await supervisor.dies(name, FAILPOINT_LIMIT_MS)
    if (!isHit) await supervisor.restartWith(name, {})
    return { what: `${name}: ${isHit ? 'died at' : 'never came to'} ${failpoint}`, isHit }
  })
}

async function withAll(
  { locks, onTaken }: Hands,
  names: readonly string[],
  use: () => Promise<Outcome>,
): Promise<Outcome> {
  const release = await locks.all(names)
  onTaken()
  try {
    return await use()
  } finally {
    release()
  }
}

function restartIngest(hands: Hands, signal: NodeJS.Signals): Promise<Outcome> {
  const { supervisor } = hands.world
  return withAll(hands, ['ingest'], async () => {
    supervisor.signal('ingest', signal)
    const isHit = await supervisor.dies('ingest', 35_000)
    return { what: `ingest: ${signal}`, isHit }
  })
}

function freezeIngest(hands: Hands, fault: Fault): Promise<Outcome> {
  const { supervisor } = hands.world
  return withAll(hands, ['ingest'], async () => {
    const ms = Math.min(fault.durationMs, SHORTER_THAN_PATIENCE_MS)
    supervisor.signal('ingest', 'SIGSTOP')
    await delay(ms)
    supervisor.signal('ingest', 'SIGCONT')
    return { what: `ingest: frozen for ${ms} ms`, isHit: true }
  })
}

function killServer(hands: Hands, fault: Fault, server: Server): Promise<Outcome> {
  return withAll(hands, [server.name], async () => {
    server.kill('SIGKILL')
    await delay(fault.durationMs)
    await server.restart()
    return { what: `${server.name}: killed, away for ${fault.durationMs} ms`, isHit: true }
  })
}

/** With poison on its way to the dead-letter topic: it was read, it is in a batch, it cannot be set aside. */
async function killKafka(hands: Hands, fault: Fault): Promise<Outcome> {
  await injectEverywhere(hands)
  await delay(LESS_THAN_BATCH_AGE_MS)
  return killServer(hands, fault, hands.world.stack.kafka)
}

function freezeServer(hands: Hands, fault: Fault, server: Server): Promise<Outcome> {
  return withAll(hands, [server.name], async () => {
    server.kill('SIGSTOP')
    await delay(fault.durationMs)
    server.kill('SIGCONT')
    return { what: `${server.name}: frozen for ${fault.durationMs} ms`, isHit: true }
  })
}

async function injectPoison(hands: Hands, fault: Fault): Promise<Outcome> {
  const partition = Math.floor(fault.victim * hands.world.partitions)
  await hands.poison.inject(partition, hands.signal)
  return { what: `poison in partition ${partition}`, isHit: true }
}

async function injectEverywhere({ world, poison, signal }: Hands): Promise<void> {
  for (let partition = 0; partition < world.partitions; partition++) {
    await poison.inject(partition, signal)
  }
}

/** Holds on, a little, until the link was used at all: an idle one cannot be hurt. */
function hurtLink(
  name: keyof Links,
  mode: LinkMode,
): (hands: Hands, fault: Fault) => Promise<Outcome> {
  return (hands, fault) => {
    const link = hands.world.links[name]
    const hits = (): number => link.hurt.get(mode.kind) ?? 0
    return withAll(hands, [`link ${name}`], async () => {
      const before = hits()
      const startedAt = performance.now()
      link.set(mode)
      await delay(fault.durationMs)
      while (hits() === before && performance.now() - startedAt < IDLE_LINK_LIMIT_MS)
        await delay(20)
      link.set({ kind: 'healthy' })
      const ms = Math.round(performance.now() - startedAt)
      const count = hits() - before
      return { what: `${mode.kind} for ${ms} ms, ${count} pieces hurt`, isHit: count > 0 }
    })
  }
}

/** The same, with poison on its way to the dead-letter topic. */
function hurtFetchLink(mode: LinkMode): (hands: Hands, fault: Fault) => Promise<Outcome> {
  const hurt = hurtLink('fetch', mode)
  return async (hands, fault) => {
    await injectEverywhere(hands)
    await delay(LESS_THAN_BATCH_AGE_MS)
    return hurt(hands, fault)
  }
}

async function killEverything(hands: Hands, fault: Fault): Promise<Outcome> {
  const { supervisor, stack } = hands.world
  const servers = [stack.kafka, stack.registry, stack.clickhouse]
  const services = supervisor.names()
  const victims = [...servers.map(({ name }) => name), ...services]
  return withAll(hands, victims, async () => {
    const startedAt = performance.now()
    for (const server of servers) server.kill('SIGKILL')
    for (const name of supervisor.names()) supervisor.signal(name, 'SIGKILL')
    const tookMs = Math.round(performance.now() - startedAt)
    await delay(fault.durationMs)
    await Promise.all(servers.map((server) => server.restart()))
    return { what: `everything killed within ${tookMs} ms, back together`, isHit: true }
  })
}
