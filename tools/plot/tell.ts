/** Three digits are what a measurement on a shared machine is worth. */
export function tell(cell: string | number | null): string {
  if (cell === null) return '—'
  if (typeof cell === 'string') return cell
  if (cell === 0 || Number.isInteger(cell)) return cell.toLocaleString('en')
  const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(cell)))))
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return Number(cell.toPrecision(3)).toLocaleString('en', options)
}
