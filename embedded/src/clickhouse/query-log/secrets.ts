/** Words beside which a text may be a password, and functions that take one. */
const SUSPICIOUS =
  /identified|password|secret|token|credential|(?:api|access|private|account)_?key|(?:encrypt|decrypt|hmac|s3\w{0,30}|url\w{0,30}|remote\w{0,30}|mysql|postgresql|mongodb|redis|odbc|jdbc|hdfs|gcs|azure\w{0,30}|deltalake\w{0,30}|iceberg\w{0,30}|hudi\w{0,30}|kafka|nats|rabbitmq)\s*\(/i

const USER_AND_PASSWORD = /:\/\/[^\s/'"@]*@/g

/** Strings, heredocs and comments, also one that is not closed. */
const TEXTS =
  /'(?:\\[\s\S]|''|[^'\\])*'?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

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
      return isSecretive ? shown.replaceAll(TEXTS, `'${HIDDEN}'`) : shown
    },
    about: (text) => (isSecretive || maySayASecret(text) ? HIDDEN : withoutAddressee(text)),
  }
}

function withoutAddressee(text: string): string {
  return text.replaceAll(USER_AND_PASSWORD, `://${HIDDEN}@`)
}

function maySayASecret(text: string): boolean {
  return SUSPICIOUS.test(text) || SUSPICIOUS.test(text.replaceAll(TEXTS, blankComment))
}

/** A comment may stand between a function and its bracket. */
function blankComment(text: string): string {
  return /^(?:--|\/\*)/.test(text) ? ' ' : text
}
