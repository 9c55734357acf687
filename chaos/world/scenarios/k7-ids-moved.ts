import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scenario } from '../scenario.ts'

const OTHER_TEAMS = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'string' }],
})

/** A registry that is restored gives out its ids again: a consumer that runs must not go on with what it remembers. */
export const scenario: Scenario = {
  name: 'ids-moved',
  kind: 'K7',
  needs: 'plain',
  run: async (world) => {
    await world.setUp()
    const moved = new Map<number, string>()
    await using registry = await startRegistry(world.stack.registry.url, moved)
    const ingest = await world.ingest()
    const consumer = await world.consumer({ SCHEMA_REGISTRY_URL: registry.url })
    await ingest.becomesReady()
    await consumer.becomesReady()
    const value = await world.encode({ event_id: 'early', group_id: 'a' })
    const ourId = value.readUInt32BE(1)

    // Before it is restored, our id is another team's: what has it is no event.
    moved.set(ourId, OTHER_TEAMS)
    await world.putPoison([{ partition: 0, key: 'early', value }])
    await world.expectWhole()
    moved.clear()
    await world.until(() => assert.ok(registry.sinceAskedMs() > 1_500)) // the consumer asks once a second at most
    await world.send({ through: ingest })
    await world.expectWhole()
    await consumer.warns(/gives an id to another schema/)

    // Then somebody else registers first after a restore: records of ours that are under way stay ours.
    moved.set(ourId, OTHER_TEAMS)
    await world.send({ through: ingest })
    await world.expectWhole()
    await consumer.becomesReady()
  },
}

/** The real registry, but for the schemas that have moved. */
async function startRegistry(url: string, moved: ReadonlyMap<number, string>) {
  let askedAtMs = performance.now()
  const answer = async (path: string): Promise<{ status: number; text: string }> => {
    askedAtMs = performance.now()
    const schema = moved.get(Number(/\/schemas\/ids\/(\d+)$/.exec(path)?.[1]))
    if (schema !== undefined) return { status: 200, text: JSON.stringify({ schema }) }
    const response = await fetch(`${url}${path}`)
    return { status: response.status, text: await response.text() }
  }
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      ({ status, text }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(text),
      () => response.writeHead(502).end(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // of a server that listens
  return {
    url: `http://127.0.0.1:${port}`,
    sinceAskedMs: () => performance.now() - askedAtMs,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
