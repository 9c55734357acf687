import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Outcome, Search } from './testing/interleavings/interleavings.fixture.ts'
import { addCoverage, SITUATIONS } from './testing/interleavings/situations.fixture.ts'

/** The same every time, so that no delivery hangs on luck; other seeds are for a longer search. */
const SEED = Number(process.env['INTERLEAVINGS_SEED'] ?? 20_261_124)
/** Every sabotage of the consumer is found in less than a thousand; CI searches on (.ci/run). */
const RUNS = Number(process.env['INTERLEAVINGS'] ?? 5_000)
/** One thread searches so many with one seed; a longer search goes on with the next seeds. */
const RUNS_PER_SEED = 2_500
const THREADS = 2
/** A thread needs some seconds for what one seed has; a machine that is taken may need longer. */
const LIMIT_MS = 120_000
/** Of a search that was cut short for lack of time, at least so much must have been run. */
const MIN_DONE = 0.05
/** A situation that is met in a smaller share of the runs proves nothing. */
const MIN_SHARE = 0.001
/** In fewer runs it is luck how often something is met … */
const MIN_RUNS_FOR_SHARES = 20_000
/** … and in fewer than these, whether it is met at all. */
const MIN_RUNS_TO_MEET_ALL = 5_000

const searches: readonly Search[] = Array.from(
  { length: Math.ceil(RUNS / RUNS_PER_SEED) },
  (_, index) => ({
    seed: SEED + index,
    runs: Math.min(RUNS_PER_SEED, RUNS - index * RUNS_PER_SEED),
    limitMs: LIMIT_MS,
  }),
)

test(
  'whatever crashes, hangs, comes late or twice: every event once, poison set aside, nothing committed over',
  { timeout: 170_000 * searches.length },
  async (context) => {
    const startedAt = performance.now()
    const left = [...searches]
    const outcomes: Outcome[] = []
    await using workers = new AsyncDisposableStack()
    const searchOn = async (): Promise<void> => {
      for (let search = left.shift(); search !== undefined; search = left.shift()) {
        const outcome = await interleave(search, workers)
        if (outcome.failure !== null) assert.fail(`${outcome.failure}\nseed ${search.seed}`)
        outcomes.push(outcome)
      }
    }
    await Promise.all(Array.from({ length: THREADS }, searchOn))
    judgeSearch(context, outcomes, (performance.now() - startedAt) / 1_000)
  },
)

function judgeSearch(context: TestContext, outcomes: readonly Outcome[], seconds: number): void {
  const done = outcomes.reduce((sum, { runs }) => sum + runs, 0)
  const seeds = `${SEED} to ${SEED + searches.length - 1}`
  context.diagnostic(`seeds ${seeds}: ${done} interleavings in ${seconds.toFixed(1)} s`)
  if (done < RUNS) context.diagnostic(`CUT SHORT: ${done} of ${RUNS}, the machine is too busy`)
  assert.ok(done >= RUNS * MIN_DONE, `only ${done} interleavings in ${seconds} s`)
  const coverage = outcomes.map((outcome) => outcome.coverage).reduce(addCoverage)
  for (const situation of SITUATIONS) {
    const times = coverage[situation]
    context.diagnostic(`${String(times).padStart(6)} × ${situation}`)
    if (done < MIN_RUNS_TO_MEET_ALL) continue
    const fewest = done < MIN_RUNS_FOR_SHARES ? 1 : done * MIN_SHARE
    assert.ok(times >= fewest, `only ${times} of ${done} runs: ${situation}`)
  }
}

/**
 * In a thread of its own: in the main one the test runner follows every promise, which takes longer than
 * all the rest.
 */
async function interleave(search: Search, workers: AsyncDisposableStack): Promise<Outcome> {
  const worker = new Worker(new URL('./testing/interleavings/worker.fixture.ts', import.meta.url), {
    workerData: search,
  })
  workers.defer(async () => void (await worker.terminate())) // also when another one has failed
  const [outcome] = (await once(worker, 'message')) as [Outcome] // rejects when the worker throws
  return outcome
}
