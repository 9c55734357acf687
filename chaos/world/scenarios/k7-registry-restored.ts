import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Scenario } from '../scenario.ts'

const OTHER_TEAMS = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }],
})
/** As many as could have been given to us before. */
const OF_OTHERS = 5

/**
 * The registry is restored from a day before our schemas were in it, and another team registers first: what ingest
 * writes with the ids that it remembers, nobody who starts afterwards can read.
 */
export const scenario: Scenario = {
  name: 'registry-restored',
  kind: 'K7',
  needs: 'own',
  limitSeconds: 180,
  run: async (world) => {
    await world.until(() => world.setUp(), 60_000) // a registry that has just started is slow
    const { ingest, consumer } = await world.start()
    await world.send({ through: ingest })
    await world.expectWhole()
    await consumer.stop()

    const { registry } = world.stack
    const folder = join(dirname(world.stack.logDir), 'registry')
    await registry.stop()
    await rm(folder, { recursive: true })
    await mkdir(folder)
    await registry.restart()
    for (let index = 0; index < OF_OTHERS; index++) await registerOther(registry.url, index)

    const startedAt = performance.now()
    await ingest.warns(/in the registry is not that of|the registry knows no schema/)
    world.note(`ingest said so after ${Math.round((performance.now() - startedAt) / 1_000)} s`)
    await ingest.becomesReady()
    await world.send({ through: ingest })
    // It remembers nothing: it reads what the registry says now.
    await (await world.consumer()).becomesReady()
    await world.expectWhole()
  },
}

async function registerOther(url: string, index: number): Promise<void> {
  const response = await fetch(`${url}/subjects/orders-${index}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: OTHER_TEAMS.replace('Order', `Order${index}`) }),
  })
  if (!response.ok) throw new Error(`the registry refuses: ${response.status}`)
}
