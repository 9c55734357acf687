#!/usr/bin/env node
// Runs a program of this repository: `node tools/run.mjs tools/start.ts --once`.
//
// The only file that must work on whatever Node is on PATH (20 or later): it installs the
// dependencies when they are missing or older than the lock file, then runs the program with the
// Node 24 that is one of them. Signals reach the program exactly once, however many copies a
// terminal and npm send, and the program never outlives this process or npm.
import { spawn } from 'node:child_process'
import {
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node24 = join(root, 'node_modules/node/bin/node')
/** A terminal sends Ctrl-C to npm and to us, and npm sends it again; packages/runtime/src/lifecycle/signals.ts says more. */
const SAME_SIGNAL_WITHIN_MS = 1_000
const ORPHAN_CHECK_MS = 500
/** Holds the process id of the one that installs. */
const installLock = join(root, '.installing')
const LOCK_CHECK_MS = 250
/** Longer than any installation: a lock of this age is that of a process id used again. */
const LOCK_STALE_MS = 30 * 60_000
/** What embedded/src/ingest-memory.ts explains, for `npm run ingest`. */
const V8_FLAGS = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--expose-gc']
const MALLOC_SETTINGS = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_ARENA_MAX: '2' }

const [program, ...args] = process.argv.slice(2)
if (program === undefined) fail('usage: node tools/run.mjs <program.ts> [arguments]')
await installInTurn()
await run(program, args)

function isInstallNeeded() {
  const installed = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installed) || !existsSync(node24)) return true
  return statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs
}

/** Two commands in a fresh clone (`npm start & npm run setup`): the second waits for the first. */
async function installInTurn() {
  let isSaid = false
  while (existsSync(installLock) || isInstallNeeded()) {
    if (takeLock()) {
      const removeLock = () => rmSync(installLock, { force: true })
      process.once('exit', removeLock) // `fail` ends the process
      try {
        if (isInstallNeeded()) await install()
      } finally {
        process.off('exit', removeLock) // from here on it is another's
        removeLock()
      }
      return
    }
    if (!isSaid) note('another command installs the dependencies: waiting for it')
    isSaid = true
    await delay(LOCK_CHECK_MS)
  }
}

/** Makes the lock ours, unless it belongs to a process that lives. It appears with its content, by a link. */
function takeLock() {
  const own = `${installLock}-${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    linkSync(own, installLock)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    removeStaleLock()
    return false
  } finally {
    unlinkSync(own)
  }
}

/** Two may see the same dead lock at once: who moved a living one away by mistake puts it back. */
function removeStaleLock() {
  if (isHeld(installLock)) return
  const away = `${installLock}-stale-${process.pid}`
  try {
    renameSync(installLock, away)
    if (isHeld(away)) linkSync(away, installLock)
    rmSync(away, { force: true })
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
}

function isHeld(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) return false
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM' // it lives, as somebody else's
  }
}

async function install() {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000)
  note('installing dependencies (about 1.2 GB unpacked: Node 24, the ClickHouse engine, tools) …')
  const progress = setInterval(() => note(`still installing, ${seconds()} s`), 5_000)
  const npm = spawn('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2], // stdout belongs to the program
  })
  const code = await new Promise((resolve) => {
    npm.once('error', (error) => resolve(error.message))
    npm.once('exit', resolve)
  })
  clearInterval(progress)
  if (code !== 0) {
    fail(
      `npm ci failed (${code}) in ${root}: see its messages above; is the npm registry reachable?`,
    )
  }
  if (!existsSync(node24)) {
    fail('npm ci did not install Node 24: allow the install script of the package "node" and retry')
  }
  note(`installed in ${seconds()} s`)
}

async function run(file, rest) {
  const ancestors = livingAncestors()
  const isService = file.startsWith('services/')
  const quiet = pathToFileURL(join(root, 'tools/quiet-pipe.mjs')).href
  const isIngest = file === 'services/ingest/src/main.ts'
  const flags = [...(isService ? [] : ['--import', quiet]), ...(isIngest ? V8_FLAGS : [])]
  const command = [node24, ...flags, join(root, file), ...rest]
  const child = spawn(...withParentDeathSignal(command), {
    stdio: 'inherit',
    detached: true,
    env: { ...(isIngest ? MALLOC_SETTINGS : {}), ...process.env },
  })
  let lastSentAt = -Infinity
  const forward = (signal) => {
    const isCopy = performance.now() - lastSentAt < SAME_SIGNAL_WITHIN_MS
    if (!isCopy) child.kill(signal)
    if (!isCopy) lastSentAt = performance.now()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal))
  const orphanCheck = setInterval(() => {
    if (livingAncestors() === ancestors) return
    clearInterval(orphanCheck)
    // npm ends by a signal that it also passed on: the program has it, another would cut its draining short.
    if (lastSentAt === -Infinity) forward('SIGTERM')
  }, ORPHAN_CHECK_MS)
  const [code, signal] = await new Promise((resolve) => {
    child.once('error', (error) => fail(`could not run ${command[0]}: ${error.message}`))
    child.once('exit', (...result) => resolve(result))
  })
  clearInterval(orphanCheck)
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
}

/** Our parent and, as npm runs us through a shell that would survive it, npm. Changes if one dies. */
function livingAncestors() {
  if (process.env.npm_lifecycle_event === undefined) return String(process.ppid)
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8')
    return `${process.ppid} ${/^PPid:\s+(\d+)$/m.exec(status)?.[1]}`
  } catch {
    return String(process.ppid) // not Linux
  }
}

/** Linux ends the program even when this process is killed with -9; elsewhere there is no such way. */
function withParentDeathSignal([command, ...rest]) {
  const setpriv = '/usr/bin/setpriv'
  if (!existsSync(setpriv)) return [command, rest]
  return [setpriv, ['--pdeathsig', 'TERM', '--', command, ...rest]]
}

function note(text) {
  process.stderr.write(`custom-events: ${text}\n`)
}

function fail(text) {
  note(text)
  process.exit(1)
}
