import { globSync } from 'node:fs'

/** Which tests are run together, by patterns of their paths: every test belongs to one group. */
const GROUPS = {
  unit: ['{packages,services,cli,embedded,tools}/**/*.test.ts'],
  integration: [
    'test/{access,alerts,bench,chaos,clickhouse,connect,consumer,cookbook,embedded,hostile,ingest,kafka,keeping,kubernetes,sdks,sealing,shards,start}/**/*.test.ts',
  ],
  // The only group that also runs on containers.
  e2e: ['test/*.test.ts'],
  // Programs of others, as they come from their registries, and batteries that are long by themselves. CI runs them, too.
  more: [
    'test/alerts/promtool.test.ts',
    'test/bench/{bench,forks,shards}.test.ts',
    'test/cluster/*.test.ts',
    'test/chaos/full-disk.test.ts',
    'test/connect/rights.test.ts',
    'test/cookbook/chart.test.ts',
    'test/embedded/tools/*.test.ts',
    'test/hostile/battery.test.ts',
    'test/consumer/shards.test.ts',
    'test/kafka/{direct-producers,foreign,half-upgraded,splitting}.test.ts',
    'test/kubernetes/*.test.ts',
    'test/sdks/*.test.ts',
    'test/shards/*.test.ts',
    'test/{erase,erase-canary,erase-shards}.test.ts',
  ],
  // On docker-compose.yml, with its images at hand: see tools/test-containers.sh.
  containers: ['test/containers/*.test.ts'],
  // On servers of its own, which it kills; last and alone, so that it disturbs nobody.
  chaos: ['test/smoke/**/*.test.ts'],
} as const
export type Group = keyof typeof GROUPS

export const GROUP_NAMES = Object.keys(GROUPS) as readonly Group[] // an object literal has no other keys

export function isGroup(name: string): name is Group {
  return Object.hasOwn(GROUPS, name)
}

/** The files of a group, each once; those of `more` lie among those of others and are not theirs. */
export function filesOf(group: Group): readonly string[] {
  const exclude = group === 'more' ? [] : [...GROUPS.more]
  return globSync([...GROUPS[group]], { exclude }).toSorted()
}
