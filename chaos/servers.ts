import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startStack, type Stack } from '@custom-events/embedded'
import { startFaultProxy, type FaultProxy } from './proxy.ts'
import { createRandom } from './random.ts'

/** The connections that can be hurt, each through a proxy of its own. */
export interface Links {
  /** Consumers ⇄ ClickHouse. */
  readonly insert: FaultProxy
  /** Ingest ⇄ Kafka. */
  readonly produce: FaultProxy
  /** Consumers ⇄ Kafka. */
  readonly fetch: FaultProxy
}

/** Real servers, and the ways to them that our services take. */
export interface Servers extends AsyncDisposable {
  readonly stack: Stack
  readonly links: Links
  /** Where consumers find Kafka; ingest has a way of its own. */
  readonly brokersOf: { readonly ingest: string; readonly consumer: string }
}

export async function startServers(options: {
  readonly seed: number
  readonly folder: string
  readonly onProgress: (line: string) => void
}): Promise<Servers> {
  await using resources = new AsyncDisposableStack()
  mkdirSync(join(options.folder, 'logs'), { recursive: true })
  const targets = { insert: 0, produce: await freePort(), fetch: await freePort() }
  const link = async (name: keyof Links): Promise<FaultProxy> => {
    const random = createRandom(options.seed, `${name} link`)
    return resources.use(await startFaultProxy({ port: () => targets[name], random }))
  }
  const links: Links = {
    insert: await link('insert'),
    produce: await link('produce'),
    fetch: await link('fetch'),
  }
  const stack = resources.use(
    await startStack({
      dataDir: options.folder,
      onProgress: options.onProgress,
      kafkaListeners: [
        { name: 'INGEST', port: targets.produce, advertisedPort: links.produce.port },
        { name: 'CONSUMER', port: targets.fetch, advertisedPort: links.fetch.port },
      ],
    }),
  )
  targets.insert = Number(new URL(stack.clickhouse.url).port)
  const owned = resources.move()
  return {
    stack,
    links,
    brokersOf: {
      ingest: `127.0.0.1:${links.produce.port}`,
      consumer: `127.0.0.1:${links.fetch.port}`,
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
