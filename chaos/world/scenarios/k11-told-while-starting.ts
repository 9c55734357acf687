import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Scenario } from '../scenario.ts'

/** A server that takes connections and never answers: the services start against it and are told to end. */
export const scenario: Scenario = {
  name: 'told-while-starting',
  kind: 'K11',
  needs: 'plain',
  run: async (world) => {
    await world.setUp()
    const hole = createServer((s) => { s.on('error', () => {}) }).listen(0, '127.0.0.1')
    await once(hole, 'listening')
    const at = `127.0.0.1:${(hole.address() as AddressInfo).port}`
    const bad: [string, Record<string, string>][] = [
      ['kafka', { KAFKA_BROKERS: at }],
      ['registry', { SCHEMA_REGISTRY_URL: `http://${at}` }],
      ['clickhouse', { CLICKHOUSE_URL: `http://${at}` }],
    ]
    for (const [what, environment] of bad) {
      for (const kind of ['ingest', 'consumer'] as const) {
        const service = await world[kind](environment)
        await new Promise((resolve) => setTimeout(resolve, 6_000))
        const t = performance.now()
        const r = await Promise.race([service.stop().then(() => 'stopped', (e) => String(e)), new Promise((r) => setTimeout(() => r('still there'), 45_000))])
        world.note(`${kind} without ${what}: ${String(r)} after ${Math.round(performance.now() - t)} ms`)
      }
    }
    hole.close()
  },
}
