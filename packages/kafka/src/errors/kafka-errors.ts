import { KAFKA_CODES, type KafkaCause } from './kafka-codes.ts'
import { tlsRemedy } from '@custom-events/runtime'
import { TokenError } from '../authentication/token-error.ts'
import { CAUSES, REMEDIES, type KafkaErrorClass } from './kafka-remedies.ts'

/** What a failure means, decided by codes and names, never by texts. */
export interface KafkaVerdict {
  readonly class: KafkaErrorClass
  /** Kafka's own name of the error, such as TOPIC_AUTHORIZATION_FAILED, else that of Node or kafkajs. */
  readonly code: string
  readonly cause: KafkaCause
  readonly meaning: string
  readonly remedy: string
}

/** Nobody answered within our own limit. */
export class NoAnswer extends Error {
  constructor(withinMs: number) {
    super(`no answer within ${withinMs} ms`)
    this.name = 'NoAnswer'
  }
}

/** An answer with an error code of Kafka, for requests that kafkajs does not decode. */
export class KafkaCodeError extends Error {
  readonly code: number
  readonly type: string
  constructor(code: number, about?: string) {
    const type = KAFKA_CODES[code]?.[0] ?? `KAFKA_ERROR_${code}`
    super(about === undefined ? type : `${about}: ${type}`)
    this.name = 'KafkaCodeError'
    this.code = code
    this.type = type
  }
}

/** Errors that carry no code of Kafka, by the name of their class. */
const CAUSE_BY_NAME: Readonly<Record<string, KafkaCause>> = {
  DamagedRecords: 'damaged',
  NoAnswer: 'unreachable',
  KafkaJSBrokerNotFound: 'unreachable',
  KafkaJSConnectionClosedError: 'unreachable',
  KafkaJSConnectionError: 'unreachable',
  KafkaJSGroupCoordinatorNotFound: 'coordinator',
  KafkaJSInvalidLongError: 'damaged',
  KafkaJSInvalidVarIntError: 'damaged',
  KafkaJSLockTimeout: 'unreachable',
  KafkaJSMetadataNotLoaded: 'missing_topic',
  KafkaJSNoBrokerAvailableError: 'unreachable',
  KafkaJSNotImplemented: 'codec',
  KafkaJSPartialMessageError: 'damaged',
  KafkaJSRequestTimeoutError: 'unreachable',
  KafkaJSSASLAuthenticationError: 'authentication',
  KafkaJSServerDoesNotSupportApiKey: 'version',
  KafkaJSStaleTopicMetadataAssignment: 'not_member',
  KafkaJSTimeout: 'unreachable',
  KafkaJSTopicMetadataNotLoaded: 'missing_topic',
  KafkaJSUnsupportedMagicByteInMessageSet: 'damaged',
}

const NETWORK = /^E[A-Z]+$|^EAI_[A-Z]+$|^UND_ERR_/
/** ERR_OSSL_ too: Node says so of some alerts. */
const TLS = /^ERR_(SSL|OSSL|TLS)_|^(CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/
/** Deeper chains of causes than this are not looked into. */
const MAX_DEPTH = 8

/** What an error of kafkajs, of Node's sockets or of our own means, wherever in its causes that stands. */
export function kafkaVerdict(error: unknown): KafkaVerdict {
  for (const link of linksOf(error)) {
    const found = verdictOf(link)
    if (found !== null) return found
  }
  const name = error instanceof Error ? error.name : typeof error
  return verdict('unknown', name, null)
}

/**
 * One sentence: what Kafka said, about what, and what to do.
 *
 * @param resource such as `topic events.tracked.v1`; without it, what the error itself names.
 */
export function describeKafkaError(error: unknown, resource?: string): string {
  const failed = partsOf(error)
  if (failed.length > 0 && typeof error === 'object' && error !== null && verdictOf(error) === null)
    return [...new Set(failed.map((each) => describeKafkaError(each, resource)))].join('; ')
  const { class: what, code, cause, meaning, remedy } = kafkaVerdict(error)
  const about = resource ?? resourceOf(error)
  const subject = about === null ? '' : `${about}: `
  if (cause === 'token') return `${subject}${tokenErrorIn(error)?.message ?? meaning}`
  if (cause === 'tls') {
    return `${subject}no encrypted connection to Kafka (${textOf(error, code)}): ${remedy}`
  }
  if (what === 'unreachable') {
    return `${subject}Kafka is not reachable (${textOf(error, code)}): ${remedy}`
  }
  if (what === 'unknown')
    return `${subject}Kafka: ${textOf(error, code)}, and ${meaning}: ${remedy}`
  return `${subject}Kafka says ${code}, ${meaning}: ${remedy}`
}

function verdict(cause: KafkaCause, code: string, number: number | null): KafkaVerdict {
  const { class: what, meaning, remedy } = CAUSES[cause]
  const special = number === null ? undefined : REMEDIES[number]
  return { class: what, code, cause, meaning, remedy: special ?? remedy }
}

function verdictOf(link: object): KafkaVerdict | null {
  const name = field(link, 'name')
  const code = field(link, 'code')
  const number = codeOf(link)
  if (number !== null) {
    const row = KAFKA_CODES[number]
    return row === undefined
      ? verdict('unknown', `KAFKA_ERROR_${number}`, number)
      : verdict(row[1], row[0], number)
  }
  if (link instanceof TokenError) return verdict('token', link.code, null)
  if (typeof code === 'string' && TLS.test(code)) {
    const told = verdict('tls', code, null)
    return { ...told, remedy: tlsRemedy(code, 'KAFKA') ?? told.remedy }
  }
  if (typeof code === 'string' && NETWORK.test(code)) return verdict('unreachable', code, null)
  const cause = typeof name === 'string' ? CAUSE_BY_NAME[name] : undefined
  if (cause === undefined || typeof name !== 'string') return null
  return verdict(cause, cause === 'authentication' ? 'SASL_AUTHENTICATION_FAILED' : name, null)
}

/** Of codes younger than itself, kafkajs keeps the number only in the text. */
function codeOf(link: object): number | null {
  const code = field(link, 'code')
  if (typeof code !== 'number' || field(link, 'type') === undefined) return null
  if (field(link, 'type') !== 'KAFKAJS_UNKNOWN_ERROR_CODE') return code
  const text = /^Unknown error code (-?\d+)$/.exec(String(field(link, 'message')))
  return text === null ? code : Number(text[1])
}

function tokenErrorIn(error: unknown): TokenError | undefined {
  return linksOf(error).find((link) => link instanceof TokenError)
}

/** The error and what it was caused by, outermost first. */
function linksOf(error: unknown, depth = 0): readonly object[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return []
  const inner = [field(error, 'cause'), field(error, 'originalError'), ...partsOf(error)]
  return [error, ...inner.flatMap((each) => linksOf(each, depth + 1))]
}

/** What several failures at once consist of; kafkajs has those of deleted records by partition. */
function partsOf(error: unknown): readonly unknown[] {
  const [errors, partitions] = [field(error, 'errors'), field(error, 'partitions')]
  if (Array.isArray(errors)) return errors
  if (!(error instanceof Error) || !Array.isArray(partitions)) return []
  return partitions.map((each: unknown) => field(each, 'error')).filter(Boolean)
}

function resourceOf(error: unknown): string | null {
  for (const link of linksOf(error)) {
    const topic = field(link, 'topic')
    const partition = field(link, 'partition')
    if (typeof topic !== 'string') continue
    return typeof partition === 'number' ? `${topic}/${partition}` : `topic ${topic}`
  }
  return null
}

/** The text of an error where its code alone says too little, such as which address refused. */
function textOf(error: unknown, code: string): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.includes(code) || code === 'Error' ? text : `${code}: ${text}`
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null
    ? (of as Readonly<Record<string, unknown>>)[name]
    : undefined
}
