import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Problem } from './problem.ts'

const run = promisify(execFile)
const OLDEST_JAVA = 17

/** Everything this machine lacks for the embedded servers; empty when they can start. */
export async function checkPrerequisites(): Promise<readonly Problem[]> {
  const checks = [checkPlatform(), checkUtilLinux(), checkJava(), checkMaven(), checkEngine()]
  return (await Promise.all(checks)).filter((problem) => problem !== undefined)
}

async function checkPlatform(): Promise<Problem | undefined> {
  const { platform, arch } = process
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return undefined
  return {
    what: 'Linux on x64 or arm64',
    found: `this is ${platform} on ${arch}`,
    fix: 'Use a Linux machine, a container or WSL2',
  }
}

/** setpriv ties children to their parent, flock lets downloads take turns; both are util-linux. */
async function checkUtilLinux(): Promise<Problem | undefined> {
  try {
    await run('setpriv', ['--pdeathsig', 'KILL', '--', 'true'])
    await run('flock', ['--version'])
    return undefined
  } catch {
    return {
      what: 'setpriv and flock (util-linux 2.33 or newer)',
      found: 'not found on PATH',
      fix: 'Install the package util-linux',
    }
  }
}

async function checkJava(): Promise<Problem | undefined> {
  const what = `Java ${OLDEST_JAVA} or newer`
  const fix = 'Install a JRE (Debian: apt-get install openjdk-17-jre-headless) and put java on PATH'
  try {
    const { stderr, stdout } = await run('java', ['-version'], { timeout: 10_000 })
    const version = /version "([^"]+)"/.exec(stderr + stdout)?.[1] ?? 'unknown'
    if (javaMajor(version) >= OLDEST_JAVA) return undefined
    return { what, found: `java on PATH is version ${version}`, fix }
  } catch (error) {
    return { what, found: whyNotRun('java', error), fix }
  }
}

/** `1.8.0_392` is 8, `17.0.15` is 17, `25-ea` is 25; 0 when it says nothing we know. */
export function javaMajor(version: string): number {
  const [first, second] = version.split(/[._-]/)
  return Number(first === '1' ? second : first) || 0
}

async function checkMaven(): Promise<Problem | undefined> {
  try {
    await run('sh', ['-c', 'command -v mvn'])
    return undefined
  } catch (error) {
    return {
      what: 'Maven',
      found: whyNotRun('mvn', error),
      fix: 'Install Maven 3 (Debian: apt-get install maven) and put mvn on PATH',
    }
  }
}

async function checkEngine(): Promise<Problem | undefined> {
  const library = `@chdb/lib-linux-${process.arch}-gnu`
  try {
    createRequire(createRequire(import.meta.url).resolve('chdb')).resolve(library)
    return undefined
  } catch {
    return {
      what: 'the ClickHouse engine (npm package chdb)',
      found: `${library} is not installed`,
      fix: 'Run npm ci without --omit=optional, on a Linux with glibc (not Alpine)',
    }
  }
}

function whyNotRun(program: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || program === 'mvn') return `no ${program} on PATH`
  return `${program} does not run (${message.split('\n')[0]})`
}
