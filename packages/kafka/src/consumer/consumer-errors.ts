import { kafkaVerdict } from '../errors/kafka-errors.ts'

/** What an error of kafkajs means for a membership; by its type and name, never by its text. */
export type GroupError =
  /** The group wants this member to join again. */
  | 'rejoin'
  /** Records at the read position are gone: joining again looks at what is left. */
  | 'outOfRange'
  /** A definite no to the membership itself. */
  | 'refused'
  /** Leaders or brokers moved, or a connection broke: look again and go on. */
  | 'passing'

export function groupErrorOf(error: unknown): GroupError {
  // What is fetched now lies in another log than what was fetched before.
  if (field(error, 'name') === 'OtherLog') return 'rejoin'
  switch (kafkaVerdict(error).class) {
    case 'out_of_range':
      return 'outOfRange'
    case 'rejoin':
      return 'rejoin'
    case 'permanent':
      return 'refused'
    case 'passing':
    case 'unreachable':
    case 'data':
    case 'unknown':
      return 'passing'
  }
}

/**
 * Whether the group has forgotten this member, who must then join as a new one: it was silent for too long, or another
 * process has joined under its name. Its partitions may be another's since.
 */
export function forgottenAs(error: unknown): 'expelled' | 'fenced' | null {
  switch (kafkaVerdict(error).code) {
    case 'UNKNOWN_MEMBER_ID':
      return 'expelled'
    case 'FENCED_INSTANCE_ID':
      return 'fenced'
    default:
      return null
  }
}

/** Whether the group joins anew, and this member is still one of it. */
export function isRebalancing(error: unknown): boolean {
  const { code } = kafkaVerdict(error)
  return ['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR', 'ILLEGAL_GENERATION'].includes(code)
}

/** The broker of a connection that closed; kafkajs wants to be told to forget it. */
export function closedBroker(error: unknown): { host: string; port: number } | null {
  if (field(error, 'name') !== 'KafkaJSConnectionClosedError') return null
  const host = field(error, 'host')
  const port = field(error, 'port')
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : null
}

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null
    ? (error as Readonly<Record<string, unknown>>)[name]
    : undefined
}
