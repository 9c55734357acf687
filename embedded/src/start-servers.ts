import { join } from 'node:path'
import { ROLES } from '@custom-events/clickhouse/access'
import type { Server, ServerName } from './process/child.ts'
import { newCredentials } from './clickhouse/server.ts'
import type { Credentials } from './clickhouse/logins/login.ts'
import { newRolePasswords, type RolePasswords } from './clickhouse/logins/passwords.ts'
import { clusterIdOf } from './kafka/format.ts'
import { startOne } from './one-server.ts'
import type { StackPorts } from './process/ports.ts'
import {
  newPasswords,
  openSecureKafka,
  type PlainPasswords,
  type SecureKafka,
} from './kafka/secure-kafka.ts'
import { makeTlsMaterial, type TlsMaterial } from './kafka/tls-listeners.ts'
import type { StackOptions } from './stack-options.ts'

/** Servers that run, and how to come to them. */
export interface Started {
  readonly servers: readonly Server[]
  readonly credentials: Credentials
  readonly rolePasswords: RolePasswords
  readonly secure: SecureKafka | null
}

/** Starts all at once; the first failure ends the others. */
export async function startServers(
  names: readonly ServerName[],
  {
    ports,
    folder,
    options,
    undo,
  }: {
    readonly ports: StackPorts
    readonly folder: string
    readonly options: StackOptions
    readonly undo: AsyncDisposableStack
  },
): Promise<Started> {
  const failure = new AbortController()
  const signals = [failure.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const signal = AbortSignal.any(signals)
  let cause: unknown
  const brokerFolders = names.filter(isBroker).map((name) => join(folder, name))
  const passwords = options.secure === true ? newPasswords() : null
  const hasTls = passwords !== null && ports.kafkaTls !== undefined
  const tls = hasTls ? await makeTlsMaterial(join(folder, 'tls')) : null
  const clusterId = await clusterIdOf(brokerFolders)
  const credentials = options.clickhouseCredentials ?? newCredentials()
  const rolePasswords = newRolePasswords(ROLES)
  const ofClickHouse = { credentials, rolePasswords }
  const context = { ports, folder, options, signal, clusterId, passwords, tls, ...ofClickHouse }
  const outcomes = await Promise.allSettled(
    names.map(async (server): Promise<Server> => {
      try {
        return await startOne(server, context)
      } catch (error) {
        cause ??= error
        failure.abort()
        throw error
      }
    }),
  )
  const servers = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  // At once: the last of several brokers could not say goodbye to the others.
  undo.defer(async () => {
    await Promise.all(servers.map((server) => server.stop()))
  })
  options.signal?.throwIfAborted()
  if (servers.length < names.length) throw cause
  const secure = passwords === null ? null : await openSecure({ ports, passwords, tls })
  return { servers, credentials, rolePasswords, secure }
}

function openSecure({
  ports,
  passwords,
  tls,
}: {
  readonly ports: StackPorts
  readonly passwords: PlainPasswords
  readonly tls: TlsMaterial | null
}): Promise<SecureKafka> {
  return openSecureKafka({
    port: ports.kafka,
    passwords,
    securePorts: portsNamed(ports, 'kafkaSecure'),
    tls:
      tls === null
        ? null
        : {
            material: tls,
            ports: { tls: portsNamed(ports, 'kafkaTls'), mutual: portsNamed(ports, 'kafkaMutual') },
          },
  })
}

export function portsNamed(
  ports: StackPorts,
  name: 'kafkaSecure' | 'kafkaTls' | 'kafkaMutual',
): readonly number[] {
  const all = [ports, ...(ports.otherBrokers ?? [])]
  return all.flatMap(({ [name]: port }) => (port === undefined ? [] : [port]))
}

export function isBroker(name: ServerName): boolean {
  return name.startsWith('kafka')
}
