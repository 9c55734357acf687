/**
 * The text with the user and password of every URL in it, and parameters that hold secrets, taken out.
 * For whatever reaches a log, an answer or a screen: also texts that libraries made of an address.
 */
export function redact(text: string): string {
  return text.replace(USER_INFO, `$1${HIDDEN}@`).replace(SECRET_PARAMETER, `$1${HIDDEN}`)
}

/**
 * A value that is to be a URL, or several, and perhaps is none: then nobody knows where its password ends, so all before
 * the last `@` is hidden.
 */
export function redactUrl(value: string): string {
  const at = value.lastIndexOf('@')
  if (at === -1) return redact(value)
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.[0] ?? ''
  return redact(`${scheme}${HIDDEN}@${value.slice(at + 1)}`)
}

const HIDDEN = '***'
/** RFC 3986: a host follows, so none of `/?#` is in it; quotes and blanks end a URL in prose. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'`<>\\]*@/gi
const SECRET_PARAMETER =
  /([?&;][^=&#\s"']*(?:pass|secret|token|api_?key|credential)[^=&#\s"']*=)[^&#\s"'\\]*/gi
