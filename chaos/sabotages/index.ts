import { sabotagesOfConsumer } from './of-consumer.ts'
import { sabotagesOfIngestAndView } from './of-ingest-and-view.ts'
import { sabotagesOfShards } from './of-shards.ts'
import type { Sabotage } from './sabotage.ts'

export type { Sabotage } from './sabotage.ts'

export const sabotages: readonly Sabotage[] = [
  ...sabotagesOfConsumer,
  ...sabotagesOfIngestAndView,
  ...sabotagesOfShards,
]
