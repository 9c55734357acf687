import { pbkdf2Sync, randomBytes } from 'node:crypto'
import type { KafkaAcl } from '@custom-events/kafka'
import { askKafka, reader, writer, type Writer } from './kafka-wire.ts'

/** What a user may do with one thing in Kafka. */
export interface Right {
  readonly resource: keyof typeof resources
  /** Of the topic, the group or the transactional id; `kafka-cluster` of the cluster. */
  readonly name: string
  readonly operation: keyof typeof operations
  /** `prefixed`: whatever begins with the name. @default literal */
  readonly pattern?: keyof typeof patterns
}

/** A right as the services' table of rights has it. */
export function rightOf({ type, name, pattern, operation }: KafkaAcl): Right {
  return { resource: type, name, pattern, operation: lowerCase(operation) }
}

function lowerCase<T extends string>(text: T): Lowercase<T> {
  return text.toLowerCase() as Lowercase<T>
}

/** https://kafka.apache.org/protocol: the numbers that ResourceType and AclOperation have on the wire. */
const resources = { topic: 2, group: 3, cluster: 4, transactional_id: 5 } as const
const operations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  cluster_action: 9,
  describe_configs: 10,
  alter_configs: 11,
  idempotent_write: 12,
} as const

const patterns = { literal: 3, prefixed: 4 } as const
const ALLOW = 3
/** https://kafka.apache.org/protocol: ScramMechanism, and what its hash is. */
const SCRAM = [
  { mechanism: 1, hash: 'sha256', bytes: 32 },
  { mechanism: 2, hash: 'sha512', bytes: 64 },
] as const
const ITERATIONS = 4_096 // the least that Kafka takes

/** Makes a user, or gives it another password. @throws with what Kafka says. */
export async function putUser(port: number, name: string, password: string): Promise<void> {
  for (const scram of SCRAM) await putCredential(port, { name, password, ...scram })
}

/** One a request: Kafka takes no user twice in the same. */
async function putCredential(
  port: number,
  options: { readonly name: string; readonly password: string } & (typeof SCRAM)[number],
): Promise<void> {
  const { name, password, mechanism, hash, bytes } = options
  const salt = randomBytes(24)
  const body = writer()
    .compactCount(0) // nobody is deleted
    .compactCount(1)
    .compact(name)
    .int8(mechanism)
    .int32(ITERATIONS)
    .compact(salt)
    .compact(pbkdf2Sync(password, salt, ITERATIONS, bytes, hash))
    .int8(0) // no tags of the user
    .int8(0) // nor of the request
  // AlterUserScramCredentials
  const request = { apiKey: 51, version: 0, isFlexible: true, body: body.bytes() }
  const read = reader(await askKafka(port, request))
  read.int32() // throttled
  const answers = read.compactList(() => {
    read.compactText() // the user
    const answer = { code: read.int16(), text: read.compactText() }
    read.int8() // no tags
    return answer
  })
  refuse(answers, `make the user ${name}`)
}

/** Gives rights to a user. @throws with what Kafka says. */
export async function allow(port: number, user: string, rights: readonly Right[]): Promise<void> {
  const body = listOf(rights, (into, right) => bind(into, user, right).int8(ALLOW))
  const read = reader(await askKafka(port, { apiKey: 30, version: 1, body })) // CreateAcls
  read.int32() // throttled
  const answers = read.list(() => ({ code: read.int16(), text: read.text() }))
  refuse(answers, `give rights to ${user}`)
}

/** Takes rights that were given to a user. @throws with what Kafka says, or when it had none of one. */
export async function withdraw(
  port: number,
  user: string,
  rights: readonly Right[],
): Promise<void> {
  const body = listOf(rights, (into, right) => bind(into, user, right).int8(ALLOW))
  const read = reader(await askKafka(port, { apiKey: 31, version: 1, body })) // DeleteAcls
  read.int32() // throttled
  const answers = read.list(() => {
    const answer = { code: read.int16(), text: read.text() }
    const taken = read.list(() => {
      const code = read.int16()
      read.text() // why not
      read.int8() // resource
      read.text()
      read.int8() // pattern
      read.text() // principal
      read.text() // host
      read.int8() // operation
      read.int8() // permission
      return code
    })
    return { ...answer, taken: taken.length }
  })
  refuse(answers, `take rights from ${user}`)
  const missing = rights.filter((_, index) => answers[index]?.taken === 0)
  if (missing.length > 0) throw new Error(`${user} did not have ${JSON.stringify(missing)}`)
}

function listOf(rights: readonly Right[], write: (into: Writer, right: Right) => Writer): Buffer {
  return rights.reduce((into, right) => write(into, right), writer().int32(rights.length)).bytes()
}

function bind(into: Writer, user: string, right: Right): Writer {
  const { resource, name, operation, pattern = 'literal' } = right
  return into
    .int8(resources[resource])
    .text(name)
    .int8(patterns[pattern])
    .text(`User:${user}`)
    .text('*')
    .int8(operations[operation])
}

function refuse(
  answers: readonly { readonly code: number; readonly text: string }[],
  what: string,
): void {
  const bad = answers.find(({ code }) => code !== 0)
  if (bad !== undefined) throw new Error(`Kafka would not ${what}: code ${bad.code} ${bad.text}`)
}
