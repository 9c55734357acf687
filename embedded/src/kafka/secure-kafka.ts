import { randomBytes } from 'node:crypto'
import { allow, putUser, withdraw, type Right } from './kafka-users.ts'
import { tlsProperties, type TlsMaterial } from './tls-listeners.ts'

/** Of the users that may log in by PLAIN, by name; the others are made later and log in by SCRAM. */
export type PlainPasswords = Readonly<Record<string, string>>

const ADMIN = 'admin'
const PLAIN_USER = 'plain'

export function newPasswords(): PlainPasswords {
  return { [ADMIN]: newPassword(), [PLAIN_USER]: newPassword() }
}

function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

/**
 * @param more names of listeners that are as the one with SASL over TLS.
 * @returns lines of server.properties. Whoever comes by a plain listener is ANONYMOUS and may do everything, the
 * controller too: only who comes by these listeners is held to their rights.
 */
export function secureProperties(
  passwords: PlainPasswords,
  tls: TlsMaterial | null,
  more: readonly string[] = [],
): string {
  const users = Object.entries(passwords)
  const plain = users.map(([name, password]) => `user_${name}="${password}"`).join(' ')
  const module = 'org.apache.kafka.common.security'
  return `authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:${ADMIN}
allow.everyone.if.no.acl.found=false
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
connections.max.reauth.ms=20000
listener.name.secure.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required ${plain};
listener.name.secure.scram-sha-512.sasl.jaas.config=${module}.scram.ScramLoginModule required;
${tls === null ? '' : tlsProperties(tls, plain, more)}`
}

/** The services' own variables for one user. */
export type UserEnvironment = Readonly<
  Record<
    'KAFKA_BROKERS' | 'KAFKA_SASL_MECHANISM' | 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD',
    string
  >
>

/** A user of Kafka that may do what it was given, and nothing else. */
export interface KafkaUser {
  readonly name: string
  readonly environment: UserEnvironment
  /** Also gives back what was taken. A broker heeds it some milliseconds later. */
  allow(...rights: readonly Right[]): Promise<void>
  /** @throws when it did not have one of them. */
  withdraw(...rights: readonly Right[]): Promise<void>
}

/** A Kafka that asks who somebody is and what they may do. */
export interface SecureKafka {
  /** May do everything. */
  readonly admin: UserEnvironment
  /** A new user of that name, known by SCRAM; its rights are also those of a certificate or token of that name. */
  makeUser(name: string, rights: readonly Right[]): Promise<KafkaUser>
  /** One that logs in by PLAIN and has no rights yet; there is one. */
  readonly plainUser: KafkaUser
  /** Where it also speaks TLS. */
  readonly tls: TlsKafka | null
}

export interface TlsKafka extends TlsMaterial {
  /** SASL over TLS: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER. */
  readonly brokers: string
  /** Who somebody is says the common name of its certificate, of the same authority. */
  readonly mutualBrokers: string
}

/** Of every broker. */
export interface TlsPorts {
  readonly tls: readonly number[]
  readonly mutual: readonly number[]
}

function addresses(ports: readonly number[]): string {
  return ports.map((each) => `127.0.0.1:${each}`).join(',')
}

/** Users and rights are made by the plain listener at `port`. @throws with what Kafka says. */
export async function openSecureKafka(options: {
  readonly port: number
  readonly passwords: PlainPasswords
  /** Of every broker, where it asks who somebody is. */
  readonly securePorts: readonly number[]
  readonly tls: { readonly material: TlsMaterial; readonly ports: TlsPorts } | null
}): Promise<SecureKafka> {
  const { port, passwords, tls } = options
  const brokers = addresses(options.securePorts)
  const environment = (mechanism: string, name: string, password: string): UserEnvironment => ({
    KAFKA_BROKERS: brokers,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: name,
    KAFKA_SASL_PASSWORD: password,
  })
  const user = (mechanism: string, name: string, password: string): KafkaUser => ({
    name,
    environment: environment(mechanism, name, password),
    allow: (...rights) => allow(port, name, rights),
    withdraw: (...rights) => withdraw(port, name, rights),
  })
  const adminPassword = passwords[ADMIN] ?? ''
  await putUser(port, ADMIN, adminPassword)
  return {
    tls:
      tls === null
        ? null
        : {
            ...tls.material,
            brokers: addresses(tls.ports.tls),
            mutualBrokers: addresses(tls.ports.mutual),
          },
    admin: environment('scram-sha-512', ADMIN, adminPassword),
    plainUser: user('plain', PLAIN_USER, passwords[PLAIN_USER] ?? ''),
    makeUser: async (name, rights) => {
      const password = newPassword()
      await putUser(port, name, password)
      const made = user('scram-sha-512', name, password)
      if (rights.length > 0) await made.allow(...rights)
      return made
    },
  }
}
