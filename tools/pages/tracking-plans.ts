import { compilePlans, isJsonObject, type JsonObject, type Plan } from '@custom-events/event'
import { readPlanFiles } from '@custom-events/runtime'
import { table } from '../markdown.ts'

/** docs/reference/tracking-plans.md: what each plan of schemas/events says. */
export async function trackingPlansPage(): Promise<string> {
  const plans = compilePlans(await readPlanFiles(''))
  return `# Tracking plans

<!-- Made by \`npm run generate\` from schemas/events. -->

What a tracking plan is, and how to write one: [producers](../producers.md#tracking-plans).

${plans.map(planSection).join('\n')}`
}

function planSection({ file, event, mode, schema, pii, columns }: Plan): string {
  const rows = Object.entries(objectAt(schema, 'properties')).map(([name, property]) => [
    `\`${name}\``,
    typeOf(property),
    isRequired(schema, name) ? 'yes' : '',
    columns
      .filter((each) => each.property === name)
      .map(({ column, type }) => `\`${column} ${type}\``)
      .join(', '),
    pii.some(([first]) => first === name) ? 'yes' : '',
    isJsonObject(property) ? descriptionOf(property) : '',
  ])
  return `## ${event}

${descriptionOf(schema)} Mode: ${mode ?? 'the default'}. File: \`schemas/events/${file}\`.

${table(['property', 'type', 'required', 'column', 'PII', 'what it is'], rows)}
`
}

function descriptionOf({ description }: JsonObject): string {
  return typeof description === 'string' ? description : ''
}

function objectAt(schema: JsonObject, key: string): JsonObject {
  const value = schema[key]
  return isJsonObject(value) ? value : {}
}

function typeOf(property: unknown): string {
  if (!isJsonObject(property)) return ''
  const { type, enum: values, $ref } = property
  if (Array.isArray(values)) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  return [type ?? $ref ?? ''].flat().map(String).join(' or ')
}

function isRequired({ required }: JsonObject, name: string): boolean {
  return Array.isArray(required) && required.includes(name)
}
