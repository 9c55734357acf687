/** Words beside which a text may be a password, and functions that take one. */
const SUSPICIOUS =
  /identified|passw|pwd|secret|token|credential|authorization|bearer|(?:api|access|private|account)_?key|(?:encrypt|decrypt|hmac|s3\w{0,30}|oss\w{0,30}|url\w{0,30}|remote\w{0,30}|mysql|postgresql|mongodb|redis|odbc|jdbc|hdfs|gcs|azure\w{0,30}|deltalake\w{0,30}|iceberg\w{0,30}|hudi\w{0,30}|paimon\w{0,30}|kafka|nats|rabbitmq|arrowflight|ytsaurus)\s*\(/i

/** Up to the last @ of an address: a password may hold any other character. */
const USER_AND_PASSWORD = /:\/\/[^\s'"]{0,300}@/g

/** Strings, heredocs and comments, also one that is not closed; and names in quotes, which may hold any of them. */
const TEXTS =
  /'(?:\\[\s\S]|''|[^'\\])*'?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|""|[^"\\])*"?|`(?:\\[\s\S]|``|[^`\\])*`?/g

export const HIDDEN = '[HIDDEN]'

/** Of a statement and of what was said about it: rather hides what is harmless than keeps what is not. */
export interface Hider {
  /** A statement, or its beginning, without texts that may be a password. */
  readonly statement: (text: string) => string
  /** What may quote the statement: a message, a comment. All of it is hidden when the statement may hold a password. */
  readonly about: (text: string) => string
}

/** @param whole the statement, not only what is kept of it: a function at its end may take a text from its beginning. */
export function hiderFor(whole: string): Hider {
  const isSecretive = maySayASecret(whole)
  return {
    statement: (text) => {
      const shown = withoutAddressee(text)
      return isSecretive ? shown.replaceAll(TEXTS, hidden) : shown
    },
    about: (text) => (isSecretive || maySayASecret(text) ? HIDDEN : withoutAddressee(text)),
  }
}

function withoutAddressee(text: string): string {
  return text.replaceAll(USER_AND_PASSWORD, `://${HIDDEN}@`)
}

function hidden(text: string): string {
  return isName(text) ? text : `'${HIDDEN}'`
}

function maySayASecret(text: string): boolean {
  return SUSPICIOUS.test(text) || SUSPICIOUS.test(text.replaceAll(TEXTS, bare))
}

/** A function is called as well by its name in quotes, and with a comment before its bracket. */
function bare(text: string): string {
  if (isName(text)) return text.slice(1, -1)
  return /^(?:--|#|\/\*)/.test(text) ? ' ' : text
}

function isName(text: string): boolean {
  return /^["`]/.test(text)
}
