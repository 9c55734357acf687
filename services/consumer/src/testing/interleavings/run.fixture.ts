import assert from 'node:assert/strict'
import type { Scheduler } from 'fast-check'
import { DEAD_LETTERS, TOPIC } from './judge.fixture.ts'
import { isPoison } from './plan.fixture.ts'
import { startProcess, type Process } from './process.fixture.ts'
import type { Disturbance, Scenario } from './scenario.fixture.ts'
import type { Situation } from './situations.fixture.ts'
import { createWorld, isAllCommitted, type World } from './world.fixture.ts'

/** Far more than any scenario needs: a loop that never gets done fails instead of hanging. */
const MAX_STEPS = 3_000
/** How often time passes although something could be done: a process may be slow anywhere. */
const SLOWNESS = 0.05
const MAX_PROCESSES = 3

/**
 * Runs the real loop through one scenario, one step of one process at a time, until everything is
 * committed; then stops every process, lets what is late come, and judges.
 *
 * @returns what it met. @throws {assert.AssertionError} when the promise is broken.
 */
export async function run(
  scenario: Scenario,
  scheduler: Scheduler,
): Promise<ReadonlySet<Situation>> {
  const world = createWorld(scenario, scheduler)
  const crew = createCrew(world)
  const disturbances = [...scenario.disturbances]
  let nextArrival = 0
  let sinceLast = 0
  for (let step = 0; !crew.hasEnded(); step++) {
    assert.ok(step < MAX_STEPS, `no end after ${step} steps`)
    for (; nextArrival < world.planned.length; nextArrival++) {
      if (nextArrival * scenario.arrivalSteps > step) break
      arrive(world, nextArrival)
    }
    const [disturbance] = disturbances
    if (disturbance !== undefined && sinceLast++ >= disturbance.afterSteps) {
      disturbances.shift()
      sinceLast = 0
      disturb(world, crew, disturbance)
    }
    if (step >= scenario.erasedAfterSteps) world.erasure.announce()
    await oneStep(world)
    crew.check()
    if (nextArrival === world.planned.length && isAllCommitted(world)) crew.finish()
  }
  while (world.clock.toNext()) await quiescence()
  crew.check()
  // A dead letter is written again by whoever cannot know of the first: for every cause a few times.
  const causes = crew.started() + scenario.disturbances.length + scenario.produces.length
  world.judge.final({ deadLetterCopies: 1 + 2 * causes, isRepeatable: isRepeatable(world) })
  return world.seen
}

/** One step of one process, chosen by the scheduler; or time passes. */
async function oneStep({ scheduler, clock, random }: World): Promise<void> {
  const isIdle = scheduler.count() === 0
  if (isIdle) assert.ok(clock.toNext(), 'nothing is left to happen, and it is not done')
  else if (!(random.chance(SLOWNESS) && clock.toNext())) await scheduler.waitOne()
  await quiescence()
}

/**
 * Batch after batch may have been inserted while no commit arrived. Beyond one batch the partition stays in
 * doubt from row to row, until a record that was set aside: what was inserted behind it is inserted again. For a view
 * of somebody's whatever is in doubt is.
 */
function isRepeatable({ scenario, planned }: World): boolean {
  const lost = scenario.commits.filter((fate) => fate === 'lost' || fate === 'late').length
  return scenario.hasView || (lost > 1 && planned.some(isPoison))
}

/** Every process is at its next step, or waits for something. */
async function quiescence(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

function arrive({ planned, kafka, tables, note }: World, index: number): void {
  const record = planned[index]
  if (record === undefined) return
  const { partition, key, value, headers } = record
  kafka.append({ topic: TOPIC, partition }, { key, value, headers })
  if (tables.get('events')?.some(({ isEarlier }) => !isEarlier) === true)
    note('a record arrived while others were inserted')
}

/** The processes of a run; one that ends is followed by another, until all is done. */
interface Crew {
  readonly started: () => number
  readonly alive: () => readonly Process[]
  readonly join: () => void
  readonly finish: () => void
  readonly hasEnded: () => boolean
  /** @throws what a process threw. */
  readonly check: () => void
}

function createCrew(world: World): Crew {
  const failures: unknown[] = []
  const processes: Process[] = []
  let isFinishing = false
  const alive = (): readonly Process[] => processes.filter(({ hasEnded }) => !hasEnded)
  const join = (): void => {
    const ended = (): void => {
      if (!isFinishing && alive().length === 0) join()
    }
    processes.push(startProcess(world, { ended, failed: (error) => failures.push(error) }))
  }
  for (let index = 0; index < world.scenario.processes; index++) join()
  return {
    started: () => processes.length,
    alive,
    join,
    finish: () => {
      isFinishing = true
      for (const process of alive()) process.stop()
    },
    hasEnded: () => isFinishing && alive().length === 0,
    check: () => {
      if (failures.length > 0) throw failures[0]
    },
  }
}

function disturb(world: World, crew: Crew, { kind, whom }: Disturbance): void {
  const alive = crew.alive()
  const process = alive[whom % alive.length]
  if (process === undefined) return
  switch (kind) {
    case 'crash':
      world.note(`crashed at ${process.place}`)
      noteUncommitted(world)
      return process.crash()
    case 'stop':
      world.note(`stopped at ${process.place}`)
      return process.stop()
    case 'rebalance':
      return world.kafka.rebalance()
    case 'expel':
      world.note(`expelled at ${process.place}`)
      return process.consumer.expel(world.random.logUniform(1, 60_000))
    case 'join':
      return alive.length < MAX_PROCESSES ? crew.join() : undefined
  }
}

function noteUncommitted({ tables, kafka, planned, note }: World): void {
  const isUncommitted = ({ partition, offset }: { partition: number; offset: number }): boolean =>
    offset >= kafka.committed({ topic: TOPIC, partition })
  if (tables.get('events')?.some((row) => !row.isEarlier && isUncommitted(row)) === true) {
    note('crashed after an insert and before its commit')
  }
  const sources = new Set(
    kafka.records({ topic: DEAD_LETTERS, partition: 0 }).map(({ value }) => value),
  )
  if (planned.some((each) => sources.has(each.value) && isUncommitted(each))) {
    note('crashed after a dead letter and before its commit')
  }
}
