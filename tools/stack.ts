import {
  defaultPorts,
  otherBrokerPorts,
  securePorts,
  startStack,
  type Stack,
} from '@custom-events/embedded'
import { portsFrom, shardsFrom, withShards } from './port-base.ts'
import { readArguments, refuseArguments } from './read-arguments.ts'
import { openSecureDoors } from './secure-doors.ts'

const USAGE = `npm run stack: only Kafka, the schema registry and ClickHouse.

  npm run stack                    on their usual ports
  npm run stack -- --port-base N   on N+3 … N+6
  npm run stack -- --brokers 3     Kafka with three brokers; the others on 9094 …, or N+7 …
  npm run stack -- --shards 2      so many ClickHouses for the events to be spread over; the others on 8124 …, or N+23 …
  npm run stack -- --allow-sources ClickHouse may read and write files and reach other servers: file(), url(),
                                   s3(), the Kafka engine, dictionaries; whoever has its password may, then
  npm run stack -- --secure        Kafka also listens on 9098 …, or N+11 …, where it asks who somebody is
                                   (SASL: SCRAM-SHA-512, PLAIN) and what they may do (ACLs); the same over TLS on
                                   9101 … (also SCRAM-SHA-256, OAUTHBEARER), client certificates on 9104 …, a token
                                   server on 9107, https before registry and ClickHouse on 9108 and 9109

Prints KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLICKHOUSE_URL, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD (a user that
may do everything, its password new with each start), and a user and a password for each role, such as
CLICKHOUSE_WRITER_USER and CLICKHOUSE_WRITER_PASSWORD, on stdout when all are ready and stays up until Ctrl-C; a server that dies is named, the
others stay. With --shards also CLICKHOUSE_SHARD_URLS and CLICKHOUSE_SHARDS, and on stderr how each is asked: they have the
same users and passwords; give each consumer its CLICKHOUSE_SHARD. With --secure also the user
that may do everything and its password, new with each start, and PLAIN_KAFKA_BROKERS: who comes by
those is asked nothing and may do everything; and TLS_… and OAUTH_…: the authority, a certificate of the user that
may do everything, the addresses with TLS, the token server. Everything for people goes to stderr.`

/** Three listeners of three brokers at most. */
const SECURE_PORTS = 9

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)))
}

try {
  await using resources = new AsyncDisposableStack()
  const { stack, doorsAt } = await boot()
  resources.use(stack)
  const doors = await openSecureDoors(stack, doorsAt, resources)
  const lines = Object.entries({ ...printed(stack), ...doors }).map(
    ([name, value]) => `${name}=${value}\n`,
  )
  process.stdout.write(lines.join(''))
  sayShards(stack)
  say(`ready; logs: ${stack.logDir}; stop with Ctrl-C`)
  await untilStopped()
  say('stopping')
} catch (error) {
  if (!stopping.signal.aborted) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}

/** The servers, and where three more ports are for what stands before them. */
async function boot(): Promise<{ readonly stack: Stack; readonly doorsAt: number }> {
  const { values } = readArguments(USAGE, {
    options: {
      'port-base': { type: 'string' },
      brokers: { type: 'string', default: '1' },
      shards: { type: 'string', default: '1' },
      secure: { type: 'boolean', default: false },
      'allow-sources': { type: 'boolean', default: false },
    },
  })
  const { secure } = values
  const portBase = values['port-base']
  const brokers = Number(values.brokers)
  if (brokers !== 1 && brokers !== 3) {
    return refuseArguments(USAGE, `--brokers takes 1 or 3, got ${values.brokers}`)
  }
  const shards = shardsFrom(USAGE, values.shards)
  const all = portBase === undefined ? defaultPorts : portsFrom(USAGE, portBase)
  const { kafka, kafkaController, registry, clickhouse } = all
  const { otherShards = [] } = withShards(all, shards, portBase)
  const firstOther = portBase === undefined ? defaultPorts.kafka + 2 : Number(portBase) + 7
  const firstSecure = firstOther + 4
  say('starting Kafka, the schema registry and ClickHouse')
  const stack = await startStack({
    brokers,
    shards,
    secure,
    allowsClickHouseSources: values['allow-sources'],
    ports: {
      kafka,
      kafkaController,
      registry,
      clickhouse,
      otherShards: otherShards.map((each) => ({ clickhouse: each.clickhouse })), // its consumers are not started here
      ...(secure ? securePorts(firstSecure, 0) : {}),
      otherBrokers: otherBrokerPorts(firstOther, brokers, secure ? firstSecure : undefined),
    },
    signal: stopping.signal,
    onProgress: say,
    onServerDied: (server, reason, logFile) =>
      say(`${server} ${reason}. The others stay up. Its log: ${logFile}`),
  })
  return { stack, doorsAt: firstSecure + SECURE_PORTS }
}

/** With --secure a service that is given these lines comes by the listener that asks who it is. */
function printed({ environment, logins, secure }: Stack): Readonly<Record<string, string>> {
  if (secure === null) return { ...environment, ...logins }
  return {
    ...environment,
    ...logins,
    ...secure.admin,
    PLAIN_KAFKA_BROKERS: environment.KAFKA_BROKERS,
  }
}

/** Each by itself: no server knows of the others. */
function sayShards({ shards, environment }: Stack): void {
  if (shards.length === 1) return
  for (const [index, { url }] of shards.entries()) {
    const user = `-u "${environment.CLICKHOUSE_USER}:$CLICKHOUSE_PASSWORD"`
    say(`shard ${index + 1}: curl -s ${user} ${url} --data-binary 'SHOW DATABASES'`)
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve()
    stopping.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function say(line: string): void {
  process.stderr.write(`custom-events: ${line}\n`)
}
