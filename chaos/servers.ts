import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startStack, type Stack } from '@custom-events/embedded'
import { canMount, mountDisk, removeForgottenDisks, type Disk } from './disk.ts'
import { startLink, type Link } from './link.ts'
import { createRandom } from './random.ts'

/** The connections that can be hurt, each through proxies of its own. */
export interface Links {
  /** Consumers ⇄ ClickHouse. */
  readonly insert: Link
  /** Ingest ⇄ Kafka. */
  readonly produce: Link
  /** Consumers ⇄ Kafka. */
  readonly fetch: Link
}

/** Real servers, and the ways to them that our services take. */
export interface Servers extends AsyncDisposable {
  readonly stack: Stack
  readonly links: Links
  /** Disks that can be filled, by server; none unless they were asked for. */
  readonly disks: ReadonlyMap<string, Disk>
  /** Where consumers find Kafka; ingest has a way of its own. */
  readonly brokersOf: { readonly ingest: string; readonly consumer: string }
}

export interface ServersOptions {
  readonly seed: number
  readonly folder: string
  /** Of Kafka. @default 1 */
  readonly brokers?: number
  /** Gives every server a disk of its own, that can be filled. @default false */
  readonly withDisks?: boolean
  readonly onProgress: (line: string) => void
}

export async function startServers(options: ServersOptions): Promise<Servers> {
  await using resources = new AsyncDisposableStack()
  const { seed, folder, brokers = 1 } = options
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const numbers = Array.from({ length: brokers }, (_, index) => index + 1)
  const listeners = async (): Promise<readonly number[]> =>
    Promise.all(numbers.map(() => freePort()))
  const targets = { insert: [0], produce: await listeners(), fetch: await listeners() }
  const link = async (name: keyof Links): Promise<Link> => {
    const ports = targets[name].map((_, index) => () => targets[name][index] ?? 0)
    return resources.use(await startLink(ports, createRandom(seed, `${name} link`)))
  }
  const links: Links = {
    insert: await link('insert'),
    produce: await link('produce'),
    fetch: await link('fetch'),
  }
  const listenersOf = (name: string, way: 'produce' | 'fetch') =>
    numbers.map((broker, index) => ({
      name,
      broker,
      port: targets[way][index] ?? 0,
      advertisedPort: links[way].ports[index] ?? 0,
    }))
  const disks =
    options.withDisks === true ? await mountDisks(folder, numbers, resources) : new Map()
  const stack = resources.use(
    await startStack({
      brokers,
      dataDir: folder,
      onProgress: options.onProgress,
      kafkaListeners: [...listenersOf('INGEST', 'produce'), ...listenersOf('CONSUMER', 'fetch')],
    }),
  )
  targets.insert = [Number(new URL(stack.clickhouse.url).port)]
  const owned = resources.move()
  return {
    stack,
    links,
    disks,
    brokersOf: { ingest: addresses(links.produce), consumer: addresses(links.fetch) },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function addresses({ ports }: Link): string {
  return ports.map((port) => `127.0.0.1:${port}`).join(',')
}

/** Before the servers make anything in their folders; taken away after they have ended. */
async function mountDisks(
  folder: string,
  brokers: readonly number[],
  resources: AsyncDisposableStack,
): Promise<ReadonlyMap<string, Disk>> {
  if (!canMount()) throw new Error('disks that can be filled need root, to mount a tmpfs')
  await removeForgottenDisks()
  const names = [...brokers.map((n) => (n === 1 ? 'kafka' : `kafka-${n}`)), 'clickhouse']
  const disks = new Map<string, Disk>()
  for (const name of names) disks.set(name, resources.use(await mountDisk(join(folder, name))))
  return disks
}
