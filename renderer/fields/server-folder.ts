/** Path arithmetic for a server's disk, by its spelling alone. */
const separatorOf = (path: string): string => (path.includes('/') && !path.includes('\\') ? '/' : '\\')

/** The folder above, or null at the top. */
export const parentOf = (path: string): string | null => {
  const separator = separatorOf(path)
  const trimmed = path.endsWith(separator) ? path.slice(0, -1) : path
  if (trimmed === '' || trimmed === path.slice(0, 0)) return null
  const at = trimmed.lastIndexOf(separator)
  if (at < 0) return ''
  const parent = trimmed.slice(0, at)
  return parent === '' ? separator : parent.endsWith(':') ? `${parent}${separator}` : parent
}

/** A folder of a listing; at the top the entries are whole roots. */
export const childOf = (path: string, name: string): string => {
  if (path === '') return name
  const separator = separatorOf(path)
  return path.endsWith(separator) ? `${path}${name}` : `${path}${separator}${name}`
}
