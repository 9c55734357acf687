import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startStack, type Stack } from '@custom-events/embedded'
import { canMount, mountDisk, removeForgottenDisks, type Disk } from './disk.ts'
import { startLink, type Link } from './link.ts'
import { createRandom } from './random.ts'
import { allShards } from './shard-names.ts'
import {
  clickhouseAt,
  openSecureServers,
  portOf,
  type Secure,
  type SecureServers,
  type Ways,
} from './secure.ts'

/** The connections that can be hurt, each through proxies of its own. */
export interface Links {
  /** Consumers ⇄ ClickHouse; of several shards all are hurt alike. */
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
  /** How our programs find the servers; ingest and consumers have ways of their own to Kafka. */
  readonly ways: Ways
}

export const DEFAULT_NAME = 'custom_events'

export interface ServersOptions {
  readonly seed: number
  readonly folder: string
  /** Of Kafka. @default 1 */
  readonly brokers?: number
  /** How many ClickHouses events are spread over. @default 1 */
  readonly shards?: number
  /** Gives every server a disk of its own, that can be filled. @default false */
  readonly withDisks?: boolean
  /** Kafka over TLS, and who asks says who it is; https before the others. @default plain */
  readonly secure?: Secure | undefined
  /** Of topics, database and consumer group, for the rights of Kafka's users. @default custom_events */
  readonly name?: string
  readonly onProgress: (line: string) => void
}

export async function startServers(options: ServersOptions): Promise<Servers> {
  await using resources = new AsyncDisposableStack()
  const { seed, folder, brokers = 1, shards = 1, name = DEFAULT_NAME, secure: how } = options
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const numbers = Array.from({ length: brokers }, (_, index) => index + 1)
  const listeners = async (): Promise<readonly number[]> =>
    Promise.all(numbers.map(() => freePort()))
  const targets = {
    insert: allShards(shards),
    produce: await listeners(),
    fetch: await listeners(),
  }
  const link = async (way: keyof Links): Promise<Link> => {
    const ports = targets[way].map((_, index) => () => targets[way][index] ?? 0)
    return resources.use(await startLink(ports, createRandom(seed, `${way} link`)))
  }
  const links: Links = {
    insert: await link('insert'),
    produce: await link('produce'),
    fetch: await link('fetch'),
  }
  const listenersOf = (listener: string, way: 'produce' | 'fetch') =>
    numbers.map((broker, index) => ({
      name: listener,
      broker,
      isSecure: how !== undefined,
      port: targets[way][index] ?? 0,
      advertisedPort: links[way].ports[index] ?? 0,
    }))
  const disks =
    options.withDisks === true
      ? await mountDisks(folder, { brokers: numbers, shards: allShards(shards) }, resources)
      : new Map()
  const stack = resources.use(
    await startStack({
      brokers,
      shards,
      dataDir: folder,
      secure: how !== undefined,
      onProgress: options.onProgress,
      kafkaListeners: [...listenersOf('INGEST', 'produce'), ...listenersOf('CONSUMER', 'fetch')],
    }),
  )
  const secured =
    how === undefined ? null : await openSecureServers({ stack, how, name, resources })
  targets.insert = secured?.clickhousePorts ?? stack.shards.map(({ url }) => portOf(url))
  const owned = resources.move()
  return {
    stack,
    links,
    disks,
    ways: (secured?.ways ?? plainWays)({
      ingest: addresses(links.produce),
      consumer: addresses(links.fetch),
      clickhouse: links.insert.ports,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function plainWays(ports: Parameters<SecureServers['ways']>[0]): Ways {
  return {
    ingest: { KAFKA_BROKERS: ports.ingest },
    consumer: { KAFKA_BROKERS: ports.consumer, ...clickhouseAt('http', ports.clickhouse) },
    commands: {},
  }
}

function addresses({ ports }: Link): string {
  return ports.map((port) => `127.0.0.1:${port}`).join(',')
}

/** Before the servers make anything in their folders; taken away after they have ended. */
async function mountDisks(
  folder: string,
  { brokers, shards }: { readonly brokers: readonly number[]; readonly shards: readonly number[] },
  resources: AsyncDisposableStack,
): Promise<ReadonlyMap<string, Disk>> {
  if (!canMount()) throw new Error('disks that can be filled need root, to mount a tmpfs')
  await removeForgottenDisks()
  const numbered = (name: string, n: number): string => (n === 1 ? name : `${name}-${n}`)
  const names = [
    ...brokers.map((n) => numbered('kafka', n)),
    ...shards.map((n) => numbered('clickhouse', n)),
  ]
  const disks = new Map<string, Disk>()
  for (const name of names) disks.set(name, resources.use(await mountDisk(join(folder, name))))
  return disks
}
