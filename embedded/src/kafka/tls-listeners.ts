import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeAuthority, type Authority } from './certificates.ts'
import { makeTokenKey, TOKEN_AUDIENCE, TOKEN_ISSUER, type TokenKey } from './token-server.ts'

/** What the brokers of a stack show, and whom they trust. */
export interface TlsMaterial {
  readonly authority: Authority
  /** The brokers' certificate and key in one file, as Kafka wants them. */
  readonly keystore: string
  readonly tokenKey: TokenKey
}

export async function makeTlsMaterial(folder: string): Promise<TlsMaterial> {
  const authority = await makeAuthority(folder)
  const { cert, key } = await authority.issue({ name: 'broker' })
  const keystore = join(folder, 'broker-keystore.pem')
  await writeFile(keystore, (await readFile(key, 'utf8')) + (await readFile(cert, 'utf8')))
  return { authority, keystore, tokenKey: await makeTokenKey(folder) }
}

/** Tokens are checked by Kafka's own validator, which reads keys only from where the JVM is told that it may. */
export function jvmOptionsOf({ tokenKey }: TlsMaterial): readonly string[] {
  const property = '-Dorg.apache.kafka.sasl.oauthbearer.allowed'
  return [
    `${property}.urls=${tokenKey.jwksUrl}`,
    `${property}.files=${fileURLToPath(tokenKey.jwksUrl)}`,
  ]
}

/**
 * Lines of server.properties: SASL over TLS by every mechanism, and TLS that asks for a certificate, whose common name is
 * who somebody is.
 *
 * @param plainUsers for the login module of PLAIN.
 * @param more names of listeners that are as the one with SASL over TLS.
 */
export function tlsProperties(
  material: TlsMaterial,
  plainUsers: string,
  more: readonly string[],
): string {
  const mutual = 'listener.name.mutual'
  const sasl = ['securetls', ...more].map((name) => saslOverTls(material, plainUsers, name))
  return `${sasl.join('')}${certificate(material, mutual)}
${mutual}.ssl.truststore.type=PEM
${mutual}.ssl.truststore.location=${material.authority.file}
${mutual}.ssl.client.auth=required
${mutual}.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/
`
}

function certificate({ keystore }: TlsMaterial, listener: string): string {
  return `${listener}.ssl.keystore.type=PEM
${listener}.ssl.keystore.location=${keystore}`
}

function saslOverTls(material: TlsMaterial, plainUsers: string, name: string): string {
  const { tokenKey } = material
  const module = 'org.apache.kafka.common.security'
  const sasl = `listener.name.${name.toLowerCase()}`
  return `${certificate(material, sasl)}
${sasl}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
${sasl}.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required ${plainUsers};
${sasl}.scram-sha-256.sasl.jaas.config=${module}.scram.ScramLoginModule required;
${sasl}.scram-sha-512.sasl.jaas.config=${module}.scram.ScramLoginModule required;
${sasl}.oauthbearer.sasl.jaas.config=${module}.oauthbearer.OAuthBearerLoginModule required;
${sasl}.oauthbearer.sasl.server.callback.handler.class=${module}.oauthbearer.OAuthBearerValidatorCallbackHandler
${sasl}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=${tokenKey.jwksUrl}
${sasl}.oauthbearer.sasl.oauthbearer.expected.audience=${TOKEN_AUDIENCE}
${sasl}.oauthbearer.sasl.oauthbearer.expected.issuer=${TOKEN_ISSUER}
`
}
