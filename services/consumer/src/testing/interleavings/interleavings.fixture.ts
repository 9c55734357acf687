import fc from 'fast-check'
import { run } from './run.fixture.ts'
import { scenarios } from './scenario.fixture.ts'
import { coverageOf, type Coverage, type Situation } from './situations.fixture.ts'

export interface Search {
  readonly seed: number
  readonly runs: number
  /** When the time is up, what was run by then counts. */
  readonly limitMs: number
}

/** What came of many runs. */
export interface Outcome {
  readonly runs: number
  readonly coverage: Coverage
  /** The counterexample; `null`: the promise held. */
  readonly failure: string | null
}

/** So many scenarios, each in an order of its own; all of them follow from the seed. */
export async function interleave({ seed, runs, limitMs }: Search): Promise<Outcome> {
  const met: ReadonlySet<Situation>[] = []
  const property = fc.asyncProperty(scenarios, fc.scheduler(), async (scenario, scheduler) => {
    met.push(await run(scenario, scheduler))
  })
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: limitMs,
    // The scenarios are small, and an order cannot be made smaller.
    endOnFailure: true,
    includeErrorInReport: true,
  })
  return {
    runs: met.length,
    coverage: coverageOf(met),
    failure: details.failed ? (fc.defaultReportMessage(details) ?? 'failed') : null,
  }
}
