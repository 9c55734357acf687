import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { openApiDocument } from '../api-docs/openapi.ts'
import { ASSET_PATHS } from '../http/paths.ts'
import type { TestAnswer } from './test-support.ts'

/** One operation of the document, with its responses looked up. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly responses: Readonly<Record<string, DocumentedResponse>>
}

interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, unknown>>
}

/** As JSON, the way clients read it; the shape is what the OpenAPI validator asserts. */
// oxlint-disable-next-line typescript/no-explicit-any
const document: any = JSON.parse(JSON.stringify(openApiDocument()))

export function operations(): readonly Operation[] {
  return Object.entries<Record<string, { responses: Record<string, DocumentedResponse> }>>(
    document.paths,
  ).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path,
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [status, lookUp(response)]),
      ),
    })),
  )
}

/**
 * Checks answers against the document: its body against the schema of that path, method and status,
 * its headers against those named there. An answer to a method or path that is not there is a refusal
 * of a shape that all share.
 */
export function createAnswerCheck(): (
  answer: TestAnswer,
  asked: { readonly path: string; readonly method: string },
) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema(document, 'openapi')
  const known = new Map(operations().map((one) => [`${one.method} ${one.path}`, one.responses]))
  const compiled = new Map<string, ValidateFunction>()
  const validatorAt = (pointer: string): ValidateFunction => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` })
    compiled.set(pointer, validate)
    return validate
  }
  return ({ status, headers, body }, asked) => {
    const path = templateOf(asked.path)
    const where = `${asked.method} ${path} ${status}`
    const isKnown = known.has(`${asked.method} ${path}`)
    if (!isKnown) assert.ok(status === 404 || status === 405, `${where} is not documented`)
    const response: DocumentedResponse | undefined = isKnown
      ? known.get(`${asked.method} ${path}`)?.[status]
      : document.components.responses[`Refused${status}`]
    assert.ok(response, `${where} is not documented`)
    for (const [name] of headers) {
      if (!OUR_HEADERS.test(name)) continue
      const names = Object.keys(response.headers ?? {}).map((header) => header.toLowerCase())
      assert.ok(names.includes(name), `header ${name} of ${where} is not documented`)
    }
    const type = headers.get('content-type') ?? ''
    assert.ok(response.content !== undefined && type in response.content, `${where}: ${type}`)
    const validate = validatorAt(schemaPointer(response, type))
    assert.ok(
      validate(body),
      `${where}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
    )
  }
}

/** Headers that a reader has to be told of. */
const OUR_HEADERS = /^(x-track-|x-request-id$|retry-after$|ratelimit|allow$|www-authenticate$)/

function templateOf(path: string): string {
  const [bare = ''] = path.split('?', 1)
  return ASSET_PATHS.includes(bare) ? bare : bare.replace(/^(\/v1\/projects\/)[^/]+/, '$1{key}')
}

/** Where the schema of a response lies: ajv resolves references from there. */
function schemaPointer(response: DocumentedResponse, type: string): string {
  const escaped = type.replaceAll('/', '~1')
  const shared = Object.entries(document.components.responses).find(([, one]) => one === response)
  if (shared !== undefined) return `/components/responses/${shared[0]}/content/${escaped}/schema`
  const content = Object.values(response.content ?? {})[0]
  assert.ok(typeof content === 'object' && content !== null && 'schema' in content)
  const { $ref } = content.schema as { $ref: string } // the only inline response refers to a schema
  return $ref.slice(1)
}

function lookUp(response: DocumentedResponse & { readonly $ref?: string }): DocumentedResponse {
  const name = response.$ref?.split('/').at(-1)
  return name === undefined ? response : document.components.responses[name]
}
