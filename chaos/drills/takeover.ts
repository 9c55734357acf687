import { setTimeout as delay } from 'node:timers/promises'
import { patiently } from '../patiently.ts'
import { atMost, told, type Figure } from './figures.ts'
import {
  PARTITIONS,
  startSteadyStage,
  type NamedConsumer,
  type SteadyStage,
} from './steady-stage.ts'
import type { Orders } from './stage.ts'

const STEADY_MS = 5_000
const STEADY_PAUSE_MS = 1_500
const SETTLE_LIMIT_MS = 180_000
const KILLS = 3
const KILL_EVERY_MS = 20_000

/** How long each partition stands still when consumers die, come back, and come and go. */
export async function takeover({ say }: Orders): Promise<readonly Figure[]> {
  await using stage = await startSteadyStage(say)
  const drill = createDrill(stage, say)
  const figures: Figure[] = []
  const note = (name: string, pauses: readonly number[], mostMs: number | null): void => {
    const worst = Math.max(...pauses, 0) / 1_000
    figures.push(mostMs === null ? told(name, worst, ' s') : atMost(name, worst, mostMs, ' s'))
    say(`${name}: ${worst.toFixed(1)} s`)
  }

  await drill.have(3)
  note('undisturbed', await drill.during(() => delay(10_000)), null)

  const [dying] = drill.consumers
  const lost = new Set(dying?.partitions() ?? [])
  const afterKill = await drill.during(() => drill.kill('consumer-1'))
  note(
    'kill -9 of one of three: its partitions',
    afterKill.filter((_, of) => lost.has(of)),
    10,
  )
  note(
    'kill -9 of one of three: the others',
    afterKill.filter((_, of) => !lost.has(of)),
    2,
  )

  await drill.have(3)
  const restarted = await drill.during(() => drill.killAndStart('consumer-2'))
  note('killed and started again at once: all', restarted, 3)

  const one = new Set(drill.consumers.find(({ name }) => name === 'consumer-3')?.partitions())
  const again = await drill.during(async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await drill.killAndStart('consumer-3')
      await delay(KILL_EVERY_MS)
    }
  })
  note(
    `killed every 20 s, ${KILLS} times: the others`,
    again.filter((_, of) => !one.has(of)),
    2,
  )
  note(
    `killed every 20 s, ${KILLS} times: its own`,
    again.filter((_, of) => one.has(of)),
    3,
  )

  await drill.have(4)
  const rolled = await drill.during(async () => {
    for (const name of drill.names()) {
      await drill.stop(name)
      await drill.startReady(name)
    }
  })
  note('rolling restart of four', rolled, 3)

  await drill.have(1)
  note('from one to four', await drill.during(() => drill.startAll(2, 3, 4)), 2)
  note('from four to one', await drill.during(() => drill.stopAll(2, 3, 4)), 2)
  return [...figures, ...(await compare(stage))]
}

function createDrill(stage: SteadyStage, say: (line: string) => void) {
  const running = new Map<string, NamedConsumer>()
  const nameOf = (number: number): string => `consumer-${number}`

  const start = async (name: string): Promise<NamedConsumer> => {
    const consumer = await stage.start(name)
    running.set(name, consumer)
    return consumer
  }
  const startReady = async (name: string): Promise<void> => {
    const consumer = await start(name)
    await until(consumer.isReady, `${name} is not ready`)
  }
  const kill = async (name: string): Promise<void> => {
    const consumer = running.get(name)
    running.delete(name)
    consumer?.kill('SIGKILL')
    await consumer?.exited
  }
  const stop = async (name: string): Promise<void> => {
    const consumer = running.get(name)
    running.delete(name)
    await consumer?.stop()
  }
  const isSteady = async (): Promise<boolean> => {
    const toMs = Date.now()
    const pauses = await stage.longestPauses({ fromMs: toMs - STEADY_MS, toMs })
    return [...pauses.values()].every((ms) => ms < STEADY_PAUSE_MS)
  }
  const startAll = async (...numbers: readonly number[]): Promise<void> => {
    await Promise.all(numbers.map((each) => startReady(nameOf(each))))
  }
  const stopAll = async (...numbers: readonly number[]): Promise<void> => {
    await Promise.all(numbers.map((each) => stop(nameOf(each))))
  }
  return {
    get consumers() {
      return [...running.values()]
    },
    names: () => [...running.keys()],
    startReady,
    kill,
    stop,
    startAll,
    stopAll,
    killAndStart: async (name: string) => {
      await kill(name)
      await start(name)
    },
    /** So many run, and every partition is read. */
    have: async (count: number) => {
      const wanted = Array.from({ length: count }, (_, index) => nameOf(index + 1))
      for (const name of running.keys()) if (!wanted.includes(name)) await stop(name)
      await Promise.all(wanted.filter((name) => !running.has(name)).map(startReady))
      await delay(STEADY_MS)
      await until(isSteady, `${count} consumers do not read every partition`)
      say(`${count} consumers, every partition is read`)
    },
    /** The longest pause of each partition, until all is read again. */
    during: async (act: () => Promise<unknown>): Promise<readonly number[]> => {
      const fromMs = Date.now()
      await act()
      await delay(STEADY_MS)
      await until(isSteady, 'partitions are not read again')
      const pauses = await stage.longestPauses({ fromMs, toMs: Date.now() })
      return Array.from({ length: PARTITIONS }, (_, partition) => pauses.get(partition) ?? 0)
    },
  }
}

async function until(isSo: () => Promise<boolean>, why: string): Promise<void> {
  for (const deadline = performance.now() + SETTLE_LIMIT_MS; !(await isSo());) {
    if (performance.now() > deadline) throw new Error(`${why} after ${SETTLE_LIMIT_MS / 1_000} s`)
    await delay(200)
  }
}

/** Every acknowledged record in the view, and how many are in the table more than once. */
async function compare({ questions, acknowledged, stopStream }: SteadyStage) {
  await stopStream()
  const wanted = acknowledged()
  const seen = async (): Promise<readonly number[]> => {
    const [row = []] = await questions.ask(
      `SELECT count(), uniqExact(kafka_partition, kafka_offset), (SELECT count() FROM tracked) FROM events`,
    )
    return row.map(Number)
  }
  await patiently(async () => {
    const [, , inView = 0] = await seen()
    if (inView < wanted) throw new Error(`${inView} of ${wanted} records are in the view`)
  }, 20)
  const [physical = 0, places = 0, inView = 0] = await seen()
  return [
    told('records acknowledged', wanted),
    atMost('acknowledged and lost', wanted - inView, 0),
    atMost('doubled in the view', inView - wanted, 0),
    told('in the table twice', physical - places),
  ]
}
