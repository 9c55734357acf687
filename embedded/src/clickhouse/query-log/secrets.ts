/** Words beside which a text may be a password, and functions that take one. */
const SUSPICIOUS =
  /identified|password|secret|token|credential|(?:api|access|private|account)_?key|(?:encrypt|decrypt|hmac|s3\w*|url\w*|remote\w*|mysql|postgresql|mongodb|redis|odbc|jdbc|hdfs|gcs|azure\w*|deltalake\w*|iceberg\w*|hudi\w*|kafka|nats|rabbitmq)\s*\(/i

const USER_AND_PASSWORD = /:\/\/[^\s/'"@]*@/g

/** Strings, heredocs and comments, also one that is not closed. */
const TEXTS =
  /'(?:\\[\s\S]|''|[^'\\])*'?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

export const HIDDEN = '[HIDDEN]'

/** Whether a statement may hold a password, so that its texts are not kept. */
export function maySayASecret(query: string): boolean {
  return SUSPICIOUS.test(query)
}

/** A statement as it may be kept. Rather hides what is harmless than keeps what is not. */
export function withoutSecrets(query: string): string {
  const shown = query.replaceAll(USER_AND_PASSWORD, `://${HIDDEN}@`)
  return maySayASecret(shown) ? shown.replaceAll(TEXTS, `'${HIDDEN}'`) : shown
}
