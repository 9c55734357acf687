import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { ROLES } from '@custom-events/clickhouse/access'
import { MALLOC_SETTINGS, V8_FLAGS } from '@custom-events/embedded'
import { readImportGraph } from './import-graph.ts'

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

test('the image has the packages of all workspaces but the embedded servers, as the lock file has them', () => {
  const dockerfile = read('Dockerfile')
  const installed = [...dockerfile.matchAll(/--workspace (\S+)/g)].map(([, path = '']) => path)
  const all = globSync(['{packages,services}/*/package.json', '{cli,embedded}/package.json']).map(
    dirname,
  )
  assert.deepEqual(installed.toSorted(), all.filter((path) => path !== 'embedded').toSorted())
  assert.match(dockerfile, /^RUN npm ci /m)
  assert.doesNotMatch(dockerfile, /npm (install|i|add) |npx /, 'nothing outside the lock file')
})

/** A tag of two numbers moves with each patch. */
const EXACT = /^[A-Z_]+_IMAGE=\S+:v?\d+\.\d+\.\d[\w.-]*@sha256:[\da-f]{64}$/

test('every image of another has an exact tag, or a digest that the script wrote', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pin-digests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const digest = `sha256:${'a1'.repeat(32)}`
  const docker = `#!/bin/sh\n[ "$1" = pull ] || echo "any/name@${digest}"\n`
  writeFileSync(join(folder, 'docker'), docker, { mode: 0o755 })
  const { NODE_IMAGE: _none, ...env } = process.env
  const script = spawnSync('bash', ['deploy/images/pin-digests.sh'], {
    cwd: new URL('..', import.meta.url),
    env: { ...env, PATH: `${folder}:${env['PATH']}`, KAFKA_IMAGE: 'mirror.example/kafka:4.4.0' },
    encoding: 'utf8',
  })
  assert.equal(script.status, 0, script.stderr)
  const lines = script.stdout.trimEnd().split('\n')
  assert.ok(lines.includes(`KAFKA_IMAGE=mirror.example/kafka:4.4.0@${digest}`), script.stdout)
  assert.ok(lines.includes(`NODE_IMAGE=node:24.21.0-bookworm-slim@${digest}`), script.stdout)
  for (const line of lines) assert.match(line, EXACT)
  assert.equal(lines.length, 7, script.stdout)
})

test('the tests with containers start the images of docker-compose.yml', () => {
  const composed = read('docker-compose.yml')
  const images = [
    ...read('test/support/containers.ts').matchAll(/'([A-Z_]+_IMAGE)'\] \?\? '([^']+)'/g),
  ]
  assert.equal(images.length, 3)
  for (const [, name, image] of images) assert.ok(composed.includes(`\${${name}:-${image}}`), image)
})

test('what pip installs for tests is pinned with all that it needs, by its checksums', () => {
  const files = globSync('{test,chaos}/**/foreign/*.requirements.txt')
  assert.equal(files.length, 3)
  for (const file of files) {
    const needs = read(file)
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => !/^(#|$)/.test(line))
    for (const line of needs) assert.match(line, /^[\w-]+==[\w.]+( +--hash=sha256:[\da-f]{64})+$/)
  }
})

test('ingest is started with the same settings of memory in the image, by npm and as operators are told', () => {
  const values = Object.entries(MALLOC_SETTINGS)
  for (const [name, value] of values) {
    assert.ok(read('Dockerfile').includes(`${name}=${value}`), `Dockerfile: ${name}`)
    assert.ok(read('tools/run.mjs').includes(`${name}: '${value}'`), `tools/run.mjs: ${name}`)
    assert.ok(read('docs/operators.md').includes(`${name}=${value}`), `docs/operators.md: ${name}`)
  }
  const command = JSON.stringify(['node', ...V8_FLAGS, 'services/ingest/src/main.ts'])
  assert.ok(read('Dockerfile').includes(`CMD ${command.replaceAll(',', ', ')}`), 'Dockerfile')
  const flags = V8_FLAGS.map((flag) => `'${flag}'`).join(', ')
  assert.ok(read('tools/run.mjs').includes(`const V8_FLAGS = [${flags}]`), 'tools/run.mjs')
  assert.ok(read('docs/operators.md').includes(`node ${V8_FLAGS.join(' ')}`), 'docs/operators.md')
})

test('the stand-in of ClickHouse has every file that its front imports, and a password for each role', () => {
  const dockerfile = readFileSync('deploy/images/clickhouse/Dockerfile', 'utf8')
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  )
  const graph = readImportGraph()
  const needed = new Set(['embedded/src/clickhouse/front.ts'])
  for (const file of needed) for (const { to } of graph.get(file) ?? []) needed.add(to)
  const missing = [...needed].filter(
    (file) => !copied.some((path) => file === path || file.startsWith(`${path}/`)),
  )
  assert.deepEqual(missing, [])
  const run = readFileSync('deploy/images/clickhouse/run', 'utf8')
  const roles = /for role in ([^;]+);/.exec(run)?.[1]?.split(' ') ?? []
  const logins = ROLES.filter(({ name }) => name !== 'account').map(({ name }) =>
    name.toUpperCase(),
  )
  assert.deepEqual(roles.toSorted(), logins.toSorted())
})
