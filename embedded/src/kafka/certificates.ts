import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import forge from 'node-forge'

/** Paths of files in PEM, as the services' variables name them. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** The common name; of a client who it is to Kafka. */
  readonly name: string
  /** What a server may be asked as, names and addresses. @default localhost, 127.0.0.1 and ::1 */
  readonly hosts?: readonly string[]
  /** @default in a day */
  readonly validUntil?: Date
}

/** An authority that nobody but this stack knows. */
export interface Authority {
  /** Its own certificate (PEM). */
  readonly file: string
  /** Two files in the folder of the authority, over those of the same name that were there. */
  issue(options: CertificateOptions): Promise<CertificateFiles>
}

const DAY_MS = 86_400_000
const RSA_BITS = 2_048
const LOCAL = ['localhost', '127.0.0.1', '::1']
/** RFC 5280, GeneralName. */
const DNS_NAME = 2
const IP_ADDRESS = 7

/** For tests and `npm run stack -- --secure`: its key is kept nowhere. */
export async function makeAuthority(
  folder: string,
  name = 'custom-events stack',
): Promise<Authority> {
  await mkdir(folder, { recursive: true })
  const keys = newKeys()
  const certificate = newCertificate({ name, validUntil: new Date(Date.now() + DAY_MS), keys })
  certificate.setIssuer(certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'keyUsage', keyCertSign: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(keys.privateKey, forge.md.sha256.create())
  const pem = forge.pki.certificateToPem(certificate)
  const file = join(folder, 'authority.pem')
  await writeFile(file, pem)

  return {
    file,
    issue: async (options) => {
      const own = newKeys()
      const {
        name: commonName,
        hosts = LOCAL,
        validUntil = new Date(Date.now() + DAY_MS),
      } = options
      const issued = newCertificate({ name: commonName, validUntil, keys: own })
      issued.setIssuer(certificate.subject.attributes)
      issued.setExtensions([
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: hosts.map(alternative) },
      ])
      issued.sign(keys.privateKey, forge.md.sha256.create())
      const files = {
        cert: join(folder, `${commonName}.pem`),
        key: join(folder, `${commonName}-key.pem`),
      }
      await writeFile(files.cert, forge.pki.certificateToPem(issued))
      await writeFile(files.key, own.pem, { mode: 0o600 })
      return files
    },
  }
}

function alternative(host: string): object {
  return /^[\d.]+$|:/.test(host) ? { type: IP_ADDRESS, ip: host } : { type: DNS_NAME, value: host }
}

interface Keys {
  readonly publicKey: forge.pki.rsa.PublicKey
  readonly privateKey: forge.pki.rsa.PrivateKey
  /** PKCS #8, the one form that Kafka reads. */
  readonly pem: string
}

/** By Node, which takes a hundredth of the time. */
function newKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    pem: privateKey,
  }
}

function newCertificate(options: {
  readonly name: string
  readonly validUntil: Date
  readonly keys: Keys
}): forge.pki.Certificate {
  const { name, validUntil, keys } = options
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = keys.publicKey
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`
  certificate.validity.notBefore = new Date(Math.min(Date.now(), validUntil.getTime()) - DAY_MS)
  certificate.validity.notAfter = validUntil
  certificate.setSubject([{ name: 'commonName', value: name }])
  return certificate
}
