import { writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { ErasureStalled } from '@custom-events/clickhouse'
import type { Receipt } from './receipt.ts'

/**
 * Writes a receipt, never over that of another: of several, and where there is a file already, its name has the id of the
 * erasure.
 *
 * @returns the file that was written. @throws {ErasureStalled}
 */
export async function keepReceipt(
  file: string,
  receipt: Receipt,
  { isOneOfSeveral }: { readonly isOneOfSeveral: boolean },
): Promise<string> {
  const { dir, name, ext } = parse(file)
  const own = join(dir, `${name}.${receipt.erasure_id}${ext}`)
  const text = `${JSON.stringify(receipt, null, 2)}\n`
  try {
    if (!isOneOfSeveral && (await isNew(file, text))) return file
    await writeFile(own, text)
    return own
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ErasureStalled(`the receipt could not be written (--receipt ${file}): ${why}`)
  }
}

async function isNew(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
