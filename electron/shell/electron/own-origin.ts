/** The window's pages live under this scheme and host, and under nothing else. */
export const windowScheme = 'keyturn'
export const windowHost = 'app'
export const windowAddress = `${windowScheme}://${windowHost}/`

/**
 * True for addresses of our own pages. Fields of the parsed address are compared: `origin` is "null" for schemes that
 * Node does not know, and a comparison of beginnings would take `keyturn://app.other/` for ours.
 */
export const isOwnAddress = (address: string): boolean => {
  const url = URL.parse(address)
  return (
    url !== null &&
    url.protocol === `${windowScheme}:` &&
    url.host === windowHost &&
    url.username === '' &&
    url.password === ''
  )
}
