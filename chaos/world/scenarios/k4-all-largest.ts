import { environmentAt, expectItWorks } from '../edges.ts'
import type { Scenario } from '../scenario.ts'

/** Every whole number that can be set, in every program, has the largest value that is allowed. */
export const scenario: Scenario = {
  name: 'all-largest',
  kind: 'K4',
  needs: 'plain',
  environment: environmentAt('max'),
  limitSeconds: 300, // a thousand partitions are made, and two batches wait for half a minute each
  run: expectItWorks,
}
