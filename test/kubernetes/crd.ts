import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

/** Where the published schema of a kind that is not Kubernetes's own lies: a file of a Go module. */
export interface CrdSource {
  readonly module: string
  /** Go's checksum of the module; not every proxy of modules has the public list of them. */
  readonly sum: string
  readonly file: string
}

export const CRDS: Readonly<Record<string, CrdSource>> = {
  ScaledObject: keda('scaledobjects'),
  TriggerAuthentication: keda('triggerauthentications'),
  ServiceMonitor: prometheus('servicemonitors'),
  PrometheusRule: prometheus('prometheusrules'),
}

function keda(plural: string): CrdSource {
  return {
    module: 'github.com/kedacore/keda/v2@v2.18.1',
    sum: 'h1:h6bRt/IOxxtZpJlHSqhdH/lcInH7Z9obxg/JvWOmGAw=',
    file: `config/crd/bases/keda.sh_${plural}.yaml`,
  }
}

function prometheus(plural: string): CrdSource {
  return {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.86.1',
    sum: 'h1:pHUuiRErcFb3nFDox7RxoxpEN0FyT24GtYOkr2GBu04=',
    file: `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
  }
}

/** Downloads the module where it is not in Go's cache yet. @throws what Go says. */
export function crdSchema({ module, file, sum }: CrdSource): object {
  const environment = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GONOSUMDB: '*' }
  const said = execFileSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
    env: environment,
    timeout: 120_000,
  })
  const { Dir, Sum } = JSON.parse(said) as { readonly Dir: string; readonly Sum: string }
  if (Sum !== sum) throw new Error(`${module} has the checksum ${Sum}, expected ${sum}`)
  const definition = parse(readFileSync(join(Dir, file), 'utf8')) as Definition
  const version = definition.spec.versions.find(({ storage }) => storage)
  if (version === undefined) throw new Error(`${file} has no stored version`)
  return version.schema.openAPIV3Schema
}

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly storage: boolean
      readonly schema: { readonly openAPIV3Schema: object }
    }[]
  }
}

/** The formats of OpenAPI and the words of Kubernetes are not JSON Schema's; what an API server drops is an error here. */
export function validatorOf(schema: object): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false })
  return ajv.compile(closed(schema) as object)
}

/** No field that is not named, where fields are named and none else are kept. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)])
  const all: Record<string, unknown> = Object.fromEntries(entries)
  // Go's flag for "in any case", which regular expressions here do not know.
  if (String(all['pattern']).includes('(?i)')) delete all['pattern']
  if (all['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] }
  const isOpen =
    all['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in all
  const isNamed = all['type'] === 'object' && 'properties' in all
  return isNamed && !isOpen ? { ...all, additionalProperties: false } : all
}
