import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'

/** Which files a server is to be trusted by, and we by it; '' where there is none. */
export interface TlsFiles {
  /** What the names of their variables begin with, such as `KAFKA`. */
  readonly prefix: string
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly passphrase: () => string
}

/** A file that cannot be used: which variable names it, why, and what to do. */
export class TlsFileError extends Error {
  readonly code = 'ERR_TLS_FILE'
  readonly variable: string

  constructor(variable: string, path: string, why: string) {
    super(`${variable}=${path}: ${why}`)
    this.name = 'TlsFileError'
    this.variable = variable
  }
}

/** The values of `tlsVariables`, as `readConfig` returns them; what is not there is empty. */
export function tlsFilesFrom(
  prefix: string,
  values: Readonly<Record<string, unknown>>,
  passphrase: () => string = () => '',
): TlsFiles | null {
  const path = (end: string): string => {
    const value = values[`${prefix}_TLS_${end}`]
    return typeof value === 'string' ? value : ''
  }
  const files = { ca: path('CA_FILE'), cert: path('CERT_FILE'), key: path('KEY_FILE') }
  return Object.values(files).every((each) => each === '') ? null : { prefix, ...files, passphrase }
}

/**
 * What a new connection is made with, read anew each time: whoever replaces the files on disk need not start us again.
 * Without files: the authorities that Node trusts.
 *
 * @throws {TlsFileError} of a file that is missing, is no PEM, does not fit the others, or has expired.
 */
export function readSecureContext(files: TlsFiles | null): {
  readonly secureContext?: SecureContext
} {
  if (files === null) return {}
  const { prefix, ca, cert, key } = files
  const variable = (end: string): string => `${prefix}_TLS_${end}`
  const certificate = readCertificate(variable('CERT_FILE'), cert)
  const options = {
    ca: readCertificate(variable('CA_FILE'), ca),
    cert: certificate,
    key: read(variable('KEY_FILE'), key),
    passphrase: files.passphrase(),
  }
  if (certificate !== '') mustBeValidNow(variable('CERT_FILE'), cert, certificate)
  try {
    const given = Object.entries(options).filter(([, value]) => value !== '')
    return { secureContext: createSecureContext(Object.fromEntries(given)) }
  } catch (error) {
    throw new TlsFileError(
      variable('KEY_FILE'),
      key,
      `is no key that fits ${variable('CERT_FILE')}, or ${variable('KEY_PASSPHRASE')} is not its passphrase ` +
        `(${textOf(error)})`,
    )
  }
}

function read(variable: string, path: string): string {
  if (path === '') return ''
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new TlsFileError(variable, path, `cannot be read (${textOf(error)})`)
  }
}

function readCertificate(variable: string, path: string): string {
  const text = read(variable, path)
  if (path === '' || text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new TlsFileError(
    variable,
    path,
    'holds no certificate in PEM (-----BEGIN CERTIFICATE-----)',
  )
}

/** Servers say of such a certificate only that they do not like it, or just hang up. */
function mustBeValidNow(variable: string, path: string, text: string): void {
  const { validFromDate, validToDate } = parsed(variable, path, text)
  const now = Date.now()
  if (validToDate.getTime() < now) {
    throw new TlsFileError(variable, path, `expired at ${validToDate.toISOString()}: renew it`)
  }
  if (validFromDate.getTime() > now) {
    const why = `is valid from ${validFromDate.toISOString()} on only: compare the clock of this machine`
    throw new TlsFileError(variable, path, why)
  }
}

function parsed(variable: string, path: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (error) {
    throw new TlsFileError(
      variable,
      path,
      `holds no certificate that can be read (${textOf(error)})`,
    )
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
