/** Name and place of a fault, without its message: that may quote a statement with a password in it. */
export function faultPlace(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const place = error.stack?.split('\n').find((line) => line.startsWith('    at '))
  return `${error.name}${place ?? ''}`
}
