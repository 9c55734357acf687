/** What a code of Node's says about a connection by TLS, and what to do; the first that matches counts. */
const REMEDIES: readonly (readonly [RegExp, (prefix: string) => string])[] = [
  [/^ERR_TLS_FILE$/, () => 'mend the file; it is read again for each new connection'],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_.*|CERT_UNTRUSTED)$/,
    (prefix) =>
      `its certificate is of an authority that is not trusted here: name a file with that authority in ${prefix}_TLS_CA_FILE`,
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    (prefix) =>
      `its certificate is of another name: name it in ${ADDRESSES[prefix] ?? 'the address'} as the certificate does, or renew that`,
  ],
  [/^CERT_HAS_EXPIRED$/, () => 'its certificate has expired: renew it there'],
  [
    /^CERT_NOT_YET_VALID$/,
    () => 'its certificate is not valid yet: compare the clocks of both machines',
  ],
  [/_ALERT_PROTOCOL_VERSION$/, () => 'it speaks no version of TLS that Node does (1.2, 1.3)'],
  [
    /_ALERT_/,
    (prefix) =>
      `it wants a certificate of ours that it trusts: ${prefix}_TLS_CERT_FILE and ${prefix}_TLS_KEY_FILE`,
  ],
  [
    /WRONG_VERSION_NUMBER|^EPROTO$/,
    (prefix) =>
      `it does not speak TLS at that port: compare ${ADDRESSES[prefix] ?? 'the address'} with where it listens`,
  ],
]

const ADDRESSES: Readonly<Record<string, string>> = {
  KAFKA: 'KAFKA_BROKERS (and advertised.listeners of the brokers)',
  KAFKA_OAUTH: 'KAFKA_OAUTH_TOKEN_URL',
  SCHEMA_REGISTRY: 'SCHEMA_REGISTRY_URL',
  CLICKHOUSE: 'CLICKHOUSE_URL',
}

/**
 * @param code Node's, such as `CERT_HAS_EXPIRED`.
 * @param prefix of the variables of that server, such as `KAFKA`.
 * @returns `null` for a code that is not about TLS.
 */
export function tlsRemedy(code: string, prefix: string): string | null {
  return REMEDIES.find(([pattern]) => pattern.test(code))?.[1](prefix) ?? null
}
