// Keeps 100 MiB of objects, or of buffers when its argument says so, and prints how often garbage was collected
// because somebody asked for it, and how often that was told.
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { watchGarbage } from '../admission/garbage.ts'

let collections = 0
const observer = new PerformanceObserver((list) => {
  // Of entries of this kind; their type is that of all kinds.
  for (const { detail } of list.getEntries() as { detail?: { flags: number } }[]) {
    const isAskedFor = ((detail?.flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0
    if (isAskedFor) collections += 1
  }
})
observer.observe({ entryTypes: ['gc'] })
let told = 0
const load = { longBytes: 0, events: 0 }
const watch = watchGarbage({
  load,
  onCollected: () => {
    told += 1
  },
})
load.longBytes = 1_024 ** 3
const kept: readonly unknown[] =
  process.argv[2] === 'buffers'
    ? Array.from({ length: 100 }, () => Buffer.alloc(1_024 ** 2))
    : Array.from({ length: 2_500_000 }, (_, n) => ({ n }))
await delay(500)
process.stdout.write(`${collections} collected, ${told} told\n`)
observer.disconnect()
watch[Symbol.dispose]()
if (kept.length === 0) throw new Error('it was in use until now')
