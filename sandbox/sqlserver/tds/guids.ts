/** A GUID's first three groups are stored lowest byte first. */

const GUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function swapGroups(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}

export function guidBytes(text: string): Buffer {
  if (!GUID_TEXT.test(text)) throw new TypeError('not a GUID')
  return swapGroups(Buffer.from(text.replaceAll('-', ''), 'hex'))
}

/** Upper case, as SQL Server prints it. */
export function guidText(bytes: Uint8Array): string {
  const hex = swapGroups(Buffer.from(bytes)).toString('hex').toUpperCase()
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
