import { environmentAt, expectItWorks } from '../edges.ts'
import type { Scenario } from '../scenario.ts'

/** Every whole number that can be set, in every program, has the smallest value that is allowed. */
export const scenario: Scenario = {
  name: 'all-smallest',
  kind: 'K4',
  needs: 'plain',
  environment: environmentAt('min'),
  run: expectItWorks,
}
